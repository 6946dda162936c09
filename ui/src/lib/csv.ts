/** A cell of comma-separated values. Text that a spreadsheet would run as a formula gets an apostrophe in front. */
export function cell(value: string | number | null | undefined): string {
  if (value == null) return ''
  if (typeof value === 'number') return String(value)
  const formula = /^[\s\u00a0\u200b-\u200f\ufeff]*[=+\-@\t\r]/.test(value) && !/^\s*[+-]?\d+([.,]\d+)?\s*$/.test(value)
  const text = formula ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export const csv = (rows: (string | number | null | undefined)[][]): string =>
  `\ufeff${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`

export function save(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
