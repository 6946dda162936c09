import type { Num } from './types'

/** What stands where nothing is known. */
export const GAP = '–'

export const fixed = (value: Num | undefined, digits = 1): string => (value == null ? GAP : value.toFixed(digits))

/** Quality 0 to 1 on the scale people see, 1 to 10. */
export const points = (quality: Num | undefined): string => (quality == null ? GAP : (1 + 9 * quality).toFixed(1))

export const percent = (share: Num | undefined): string => (share == null ? GAP : `${Math.round(share * 100)} %`)

export function seconds(value: Num | undefined): string {
  if (value == null) return GAP
  if (value >= 90) return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`
  return value < 10 ? `${value.toFixed(2)} s` : `${value.toFixed(0)} s`
}

export function bytes(value: Num | undefined): string {
  if (value == null) return GAP
  return value >= 1e9 ? `${(value / 1e9).toFixed(1)} GB` : `${(value / 1e6).toFixed(0)} MB`
}

export function usd(value: Num | undefined): string {
  if (value == null) return GAP
  if (value === 0) return '0'
  return value >= 1 ? `$${value.toFixed(2)}` : value >= 0.0001 ? `$${value.toFixed(4)}` : '<$0.0001'
}

export const count = (n: number, noun: string): string => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`

export function signed(value: Num | undefined, digits = 1): string {
  if (value == null) return GAP
  const text = Math.abs(value).toFixed(digits)
  return Number(text) === 0 ? `±${text}` : value > 0 ? `+${text}` : `−${text}`
}

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' })
const MINUTE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })

export const day = (stamp: string): string => format(DAY, stamp)
export const moment = (stamp: string): string => format(MINUTE, stamp)

function format(how: Intl.DateTimeFormat, stamp: string): string {
  const date = new Date(stamp)
  return Number.isNaN(date.getTime()) ? stamp || GAP : how.format(date)
}

/** Whole seconds between two stamps. */
export function between(from: string, to: string): Num {
  const span = (Date.parse(to) - Date.parse(from)) / 1000
  return Number.isFinite(span) ? span : null
}

const UNSAFE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

/** Text of models with its invisible characters made visible. */
export const visible = (text: string): string =>
  text.replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** A value as people write it: texts bare, the rest as JSON. */
export function written(value: unknown, indent = 0): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return visible(value)
  return visible(JSON.stringify(value, null, indent))
}
