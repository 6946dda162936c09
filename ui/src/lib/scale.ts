const STEPS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]

/** The next round number at or above a value: the upper end of an axis. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return (STEPS.find((step) => step * power >= value) ?? 10) * power
}

/** Evenly spaced ticks from 0 to `top`. */
export const ticksTo = (top: number, n = 5): number[] => Array.from({ length: n + 1 }, (_, i) => (i * top) / n)
