import type { Report } from './data'
import type { Kind, Num } from './types'

export type SortKey = 'task' | 'model' | 'outcome' | 'quality' | 'score' | 'time' | 'tokens' | 'speed' | 'memory' | 'cost'
export interface Filter {
  text: string
  kinds: Kind[]
  models: string[]
  category: string
  task: string
  sort: string
}

const ORDER: Record<Kind, number> = { error: 0, weak: 1, pending: 2, skipped: 3, passed: 4 }

/** The numbers of the answers that a filter lets through, in order. A minus before the sort key turns it round. */
export function select(report: Report, filter: Filter): number[] {
  const { results: r, tasks: t } = report.tables
  const models = new Set(filter.models.map((id) => report.modelIds.indexOf(id)))
  const kinds = new Set(filter.kinds)
  const category = filter.category ? report.doc.categories.findIndex((c) => c.id === filter.category) : -1
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean)
  const texts = new Map<number, string>()
  const found: number[] = []
  for (let i = 0; i < r.task.length; i++) {
    const task = r.task[i]!
    if (!models.has(r.model[i]!)) continue
    if (kinds.size && !kinds.has(report.kind(r.outcome[i]!))) continue
    if (category >= 0 && t.category[task] !== category) continue
    if (filter.task && t.id[task] !== filter.task) continue
    if (words.length && !words.every((word) => haystack(i).includes(word))) continue
    found.push(i)
  }
  return sorted(report, found, filter.sort)

  function haystack(i: number): string {
    const task = r.task[i]!
    let head = texts.get(task)
    if (head === undefined) {
      const tags = t.tags[task]!.map((tag) => report.text(tag)).join(' ')
      head = `${t.id[task]} ${t.title[task]} ${tags}`.toLowerCase()
      texts.set(task, head)
    }
    const own = [report.modelIds[r.model[i]!], report.text(r.sample[i]!), report.words(r.outcome[i]!), report.text(r.reason[i]!)]
    return `${head} ${own.join(' ')}`.toLowerCase()
  }
}

function sorted(report: Report, found: number[], sort: string): number[] {
  const down = sort.startsWith('-')
  const key = sort.replace(/^-/, '') as SortKey
  const { results: r, tasks: t } = report.tables
  const numbers: Partial<Record<SortKey, Num[]>> = {
    quality: r.quality, score: r.score, time: r.time, tokens: r.tokOut, speed: r.speed, memory: r.memory, cost: r.cost,
  }
  const column = numbers[key]
  const sign = down ? -1 : 1
  if (column)
    return found.sort((a, b) => {
      const x = column[a] ?? null
      const y = column[b] ?? null
      if (x === null || y === null) return x === y ? a - b : x === null ? 1 : -1
      return sign * (x - y) || a - b
    })
  if (key === 'model') return found.sort((a, b) => sign * (r.model[a]! - r.model[b]!) || a - b)
  if (key === 'outcome')
    return found.sort(
      (a, b) => sign * (ORDER[report.kind(r.outcome[a]!)] - ORDER[report.kind(r.outcome[b]!)]) || a - b,
    )
  if (key === 'task' && down) {
    const titles = t.title
    return found.sort((a, b) => titles[r.task[b]!]!.localeCompare(titles[r.task[a]!]!) || a - b)
  }
  return found
}
