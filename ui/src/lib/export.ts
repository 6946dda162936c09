import { csv, save } from './csv'
import { filterOf } from './filter'
import { select } from './select'
import { report, view } from './state.svelte'

const HEAD = [
  'category', 'task', 'title', 'model', 'sample', 'attempt', 'outcome', 'quality', 'score', 'seconds', 'first_token_s',
  'input_tokens', 'output_tokens', 'tokens_per_s', 'peak_memory_bytes', 'cost_usd', 'other_work_ran', 'reason',
]

/** The answers that the present filter shows, as comma-separated values: quality 0 to 1, score 0 to 10. */
export function exportShown(): void {
  const { doc, tables } = report()
  const { results: r, tasks: t } = tables
  const rows = select(report(), filterOf()).map((i) => {
    const task = r.task[i]!
    return [
      doc.categories[t.category[task]!]?.id ?? '', t.id[task], t.title[task], report().modelIds[r.model[i]!],
      report().text(r.sample[i]!), r.attempt[i], doc.outcomes[r.outcome[i]!]?.id, r.quality[i], r.score[i], r.time[i],
      r.first[i], r.tokIn[i], r.tokOut[i], r.speed[i], r.memory[i], r.cost[i], r.contended[i], report().text(r.reason[i]!),
    ]
  })
  save(`localbench-${doc.run.id}.csv`, csv([HEAD, ...rows]), 'text/csv;charset=utf-8')
  view.said = `${rows.length} answers exported`
}
