import { tick } from 'svelte'
import { exportShown } from './export'
import { PAGES } from './pages'
import { place, view } from './state.svelte'

/** What the help shows; the same keys that `handleKey` knows. */
export const KEYS: [string, string][] = [
  ['1 … 6', 'go to a page'],
  ['/', 'search the answers'],
  ['f', 'only answers that did not pass'],
  ['d', 'only what differs from the earlier run'],
  ['j k', 'next and previous answer'],
  ['Enter', 'open the focused row'],
  ['Esc', 'close the answer or this help'],
  ['[ ]', 'fold the left and the right panel'],
  ['e', 'export the shown answers as CSV'],
  ['t', 'light or dark'],
  ['?', 'this help'],
]

type Step = (by: 1 | -1) => void
let step: Step | undefined

/** The list on screen says how to walk it. */
export function walkWith(walk: Step | undefined): void {
  step = walk
}

/** Go to the next or the previous answer of the list. */
export const walk: Step = (by) => step?.(by)

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName))

export function handleKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === 'Escape') return closeTop(event)
  if (!view.keys || typing(event.target) || view.help) return
  const page = PAGES[Number(event.key) - 1]
  const action = page ? () => place.go(page.path) : ACTIONS[event.key]
  if (!action) return
  event.preventDefault()
  action()
}

const ACTIONS: Record<string, () => void> = {
  '/': () => void focusSearch(),
  f: () => place.go('results', { outcome: 'weak,error' }),
  d: () => place.go('compare', { only: 'different' }),
  j: () => walk(1),
  k: () => walk(-1),
  '[': () => view.setLeft(!view.left),
  ']': () => view.setRight(!view.right),
  e: () => exportShown(),
  t: () => view.toggleTheme(),
  '?': () => (view.help = true),
}

async function focusSearch(): Promise<void> {
  if (place.path !== 'results') place.go('results')
  await new Promise((done) => setTimeout(done, 0))
  await tick()
  document.getElementById('search')?.focus()
}

function closeTop(event: KeyboardEvent): void {
  if (view.help || !place.query['r']) return
  event.preventDefault()
  const key = place.query['r']
  place.set({ r: null })
  void tick().then(() => document.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus())
}
