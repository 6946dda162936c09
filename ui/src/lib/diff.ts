/** One run of equal, removed or added text. */
export interface Piece { kind: 'same' | 'gone' | 'new'; text: string }

const MAX_WORDS = 3000

/** Word by word, line by line when the texts are long; longest common subsequence. */
export function difference(before: string, after: string): Piece[] {
  let a = before.split(/(\s+)/)
  let b = after.split(/(\s+)/)
  if (a.length > MAX_WORDS || b.length > MAX_WORDS) {
    a = before.split(/(?<=\n)/)
    b = after.split(/(?<=\n)/)
  }
  a = a.slice(0, MAX_WORDS)
  b = b.slice(0, MAX_WORDS)
  const width = b.length + 1
  const table = new Uint16Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i * width + j] =
        a[i] === b[j]
          ? table[(i + 1) * width + j + 1]! + 1
          : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!)
  const pieces: Piece[] = []
  const add = (kind: Piece['kind'], text: string) => {
    const last = pieces.at(-1)
    if (last?.kind === kind) last.text += text
    else if (text) pieces.push({ kind, text })
  }
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add('same', a[i++]!)
      j++
    } else if (j >= b.length || (i < a.length && table[(i + 1) * width + j]! >= table[i * width + j + 1]!))
      add('gone', a[i++]!)
    else add('new', b[j++]!)
  }
  return pieces
}
