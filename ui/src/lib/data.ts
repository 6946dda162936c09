import { GAP } from './format'
import type { Category, Document, Kind, Model, Row, Tables } from './types'

const FORMAT = 1
const KEPT_CHUNKS = 32

/** A problem that the reader of the page can understand. */
export class PageError extends Error {}

function block(id: string): string {
  const text = document.getElementById(id)?.textContent
  if (text == null) throw new PageError(`The block "${id}" is missing: the file is cut off or is no report.`)
  return text
}

async function unpack<T>(id: string): Promise<T> {
  const text = block(id)
  if (typeof DecompressionStream === 'undefined')
    throw new PageError('This browser is too old for the report: it needs Chrome 111, Firefox 128 or Safari 16.4.')
  try {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
    return (await new Response(stream).json()) as T
  } catch {
    throw new PageError(`The block "${id}" cannot be read: the file is damaged.`)
  }
}

export async function readReport(): Promise<Report> {
  let document_: Document
  try {
    document_ = JSON.parse(block('lb-run')) as Document
  } catch (error) {
    throw error instanceof PageError ? error : new PageError('The block "lb-run" cannot be read: the file is damaged.')
  }
  if (document_.format !== FORMAT)
    throw new PageError(`The data has format ${document_.format}, this page reads format ${FORMAT}.`)
  return new Report(document_, await unpack<Tables>('lb-tables'))
}

/** The run as the page reads it: the document, the columns, and details that are unpacked when they are looked at. */
export class Report {
  readonly modelIds: string[]
  readonly ran: Category[]
  readonly rows: Map<string, Row>
  private byKey: Map<string, number> | undefined
  private readonly chunks = new Map<number, Promise<unknown[]>>()

  constructor(
    readonly doc: Document,
    readonly tables: Tables,
  ) {
    this.modelIds = doc.modelIds
    this.ran = doc.categories.filter((c) => c.ran)
    for (const row of doc.board) if (row.rankText === '-') row.rankText = GAP
    this.rows = new Map(doc.board.map((row) => [`${row.category}/${row.model}`, row]))
  }

  /** One model in one category; undefined when it was not asked there. */
  row(category: string, model: string): Row | undefined {
    return this.rows.get(`${category}/${model}`)
  }

  category(id: string): Category | undefined {
    return this.doc.categories.find((c) => c.id === id)
  }

  model(id: string): Model | undefined {
    return this.doc.models.find((m) => m.id === id)
  }

  text(index: number): string {
    return this.tables.strings[index] ?? ''
  }

  kind(outcome: number): Kind {
    return this.doc.outcomes[outcome]?.kind ?? 'error'
  }

  words(outcome: number): string {
    return this.doc.outcomes[outcome]?.words ?? ''
  }

  /** The name of an answer in the address: task, model, sample and attempt. */
  key(i: number): string {
    const r = this.tables.results
    const category = this.doc.categories[this.tables.tasks.category[r.task[i]!]!]?.id ?? ''
    const parts = [category, this.tables.tasks.id[r.task[i]!]!, this.modelIds[r.model[i]!]!, this.text(r.sample[i]!)]
    return [...parts, r.attempt[i]].join('/')
  }

  /** The answer with this key, -1 when there is none. */
  find(key: string): number {
    this.byKey ??= new Map(this.tables.results.task.map((_, i) => [this.key(i), i]))
    return this.byKey.get(key) ?? -1
  }

  /** A detail by its number, undefined when it was left out of the page. */
  async detail<T>(number: number): Promise<T | undefined> {
    if (number < 0) return undefined
    const { starts } = this.tables
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= number) low = middle
      else high = middle - 1
    }
    const chunk = await this.chunk(low)
    return chunk[number - starts[low]!] as T | undefined
  }

  private chunk(index: number): Promise<unknown[]> {
    const found = this.chunks.get(index) ?? unpack<unknown[]>(`lb-chunk-${index}`)
    this.chunks.delete(index)
    this.chunks.set(index, found)
    if (this.chunks.size > KEPT_CHUNKS) this.chunks.delete(this.chunks.keys().next().value!)
    return found
  }
}
