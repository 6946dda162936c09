import type { Report } from './data'

export type Change = 'fails' | 'worse' | 'unscored' | 'better' | 'passes' | 'same' | 'new'
export const CHANGES: [Change, string][] = [
  ['fails', 'newly failing'],
  ['unscored', 'no score any more'],
  ['worse', 'worse'],
  ['new', 'new'],
  ['better', 'better'],
  ['passes', 'newly passing'],
  ['same', 'same'],
]
const ORDER = new Map(CHANGES.map(([change], i) => [change, i]))
/** Smaller differences of quality are rounding. */
const SAME = 1e-3

export function changeOf(report: Report, i: number): Change {
  const now = report.tables.compare!.now
  const r = report.tables.results
  const was = now.outcome[i]!
  if (was < 0) return 'new'
  const before = now.quality[i] ?? null
  const after = r.quality[i] ?? null
  if (before === null && after === null) return 'same'
  if (after === null) return 'unscored'
  if (before === null) return report.kind(r.outcome[i]!) === 'passed' ? 'passes' : 'better'
  const passed = report.kind(was) === 'passed'
  const passes = report.kind(r.outcome[i]!) === 'passed'
  if (passed && !passes) return 'fails'
  if (!passed && passes) return 'passes'
  return Math.abs(after - before) < SAME ? 'same' : after < before ? 'worse' : 'better'
}

export interface Changed { i: number; change: Change }

/** All answers with what became of them, worst first. */
export function changes(report: Report): Changed[] {
  const now = report.tables.compare!.now
  const q = report.tables.results.quality
  const drop = (i: number) => (q[i] ?? 0) - (now.quality[i] ?? 0)
  return report.tables.results.task
    .map((_, i) => ({ i, change: changeOf(report, i) }))
    .sort((a, b) => ORDER.get(a.change)! - ORDER.get(b.change)! || drop(a.i) - drop(b.i) || a.i - b.i)
}
