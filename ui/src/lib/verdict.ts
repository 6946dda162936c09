import type { Report } from './data'
import type { Row } from './types'

/** What may honestly be said about the models of one category: `leaders` are those that no other one beats. */
export interface Lead { category: string; name: string; leaders: string[]; sure: boolean; asked: number; words: string }

export const listed = (names: string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

export function leadOf(report: Report, category: string): Lead {
  const name = report.category(category)?.name ?? category
  const rows = report.doc.board.filter((row) => row.category === category)
  const leaders = rows.filter((row) => row.rank === 1).map((row) => row.model)
  const sure = rows.some((row) => row.best)
  return { category, name, leaders, sure, asked: rows.length, words: words(rows, leaders, sure) }
}

function words(rows: Row[], leaders: string[], sure: boolean): string {
  if (sure) return `${leaders[0]} is the best of ${rows.length}`
  if (rows.length === 1)
    return rows[0]!.covered ? `${rows[0]!.model} was the only model asked` : `${rows[0]!.model} has too few scored tasks`
  if (!leaders.length) return 'No model has enough scored tasks to be ranked'
  if (leaders.length === 1) return `${leaders[0]} leads, but not beyond chance`
  return `${listed(leaders)} cannot be told apart`
}

/** One headline for the whole run. */
export function headline(report: Report): string {
  const leads = report.ran.map((c) => leadOf(report, c.id))
  if (!leads.length) return 'Nothing was scored'
  if (leads.length === 1) return leads[0]!.words
  const winner = leads[0]!.leaders[0]
  if (leads.every((lead) => lead.sure && lead.leaders[0] === winner))
    return `${winner} is the best in all ${leads.length} categories`
  const sure = leads.filter((lead) => lead.sure).length
  return sure
    ? `A clear best model in ${sure} of ${leads.length} categories`
    : `No clear best model in ${leads.length} categories`
}
