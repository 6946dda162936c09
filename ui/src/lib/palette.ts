/** How a model looks in every chart: colour (chosen for colour-blind readers), dash pattern and marker together. */
export interface Look { color: string; dash: string; marker: string }

const N_COLORS = 8
const DASHES = ['', '7 3', '2 3', '9 3 2 3', '5 2', '1 3', '12 4', '4 2 1 2']
/** Paths inside a square of -5 to 5. */
const MARKERS = [
  'M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z',
  'M-3.6-3.6H3.6V3.6H-3.6Z',
  'M0-4.8 4.6 3.6H-4.6Z',
  'M0-5 5 0 0 5-5 0Z',
  'M0 4.8-4.6-3.6H4.6Z',
  'M-1.6-4.6H1.6V-1.6H4.6V1.6H1.6V4.6H-1.6V1.6H-4.6V-1.6H-1.6Z',
  'M-4.6-2.6-2.6-4.6 0-2 2.6-4.6 4.6-2.6 2 0 4.6 2.6 2.6 4.6 0 2-2.6 4.6-4.6 2.6-2 0Z',
  'M0-5 1.5-1.6 5-1.5 2.4.9 3.1 4.4 0 2.6-3.1 4.4-2.4.9-5-1.5-1.5-1.6Z',
]

export function look(index: number): Look {
  const at = ((index % N_COLORS) + N_COLORS) % N_COLORS
  return { color: `var(--series-${at + 1})`, dash: DASHES[at]!, marker: MARKERS[at]! }
}
