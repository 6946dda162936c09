import type { Filter } from './select'
import { choice, place } from './state.svelte'
import type { Kind } from './types'

/** The filter that the address holds. */
export function filterOf(): Filter {
  const q = place.query
  return {
    text: q['q'] ?? '',
    kinds: (q['outcome'] ?? '').split(',').filter(Boolean) as Kind[],
    models: choice.shown,
    category: q['category'] ?? '',
    task: q['task'] ?? '',
    sort: q['sort'] ?? 'task',
  }
}
