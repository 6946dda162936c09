import type { Report } from './data'
import { look, type Look } from './palette'

let opened: Report | undefined

export function openReport(report: Report): void {
  opened = report
}

/** The run this page shows. */
export function report(): Report {
  if (!opened) throw new Error('no report is open')
  return opened
}

type Query = Record<string, string | number | null | undefined>

/** The address after `#`: a path and a query. Every filter lives here, so that a link shows what its sender saw. */
class Place {
  path = $state('overview')
  query = $state<Record<string, string>>({})

  constructor() {
    this.read()
    addEventListener('hashchange', () => this.read())
  }

  get parts(): string[] {
    return this.path.split('/').map(decode)
  }

  /** The address of a page; the choice of models goes along. */
  href(path: string, query: Query = {}): string {
    const kept: Query = { m: this.query['m'], ...query }
    const pairs = Object.entries(kept).filter(([, value]) => value != null && value !== '')
    const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')
    return `#/${path}${text ? `?${text}` : ''}`
  }

  go(path: string, query: Query = {}): void {
    location.hash = this.href(path, query)
  }

  /** Change parts of the query in place, without a step in the browser's history. */
  set(changes: Query): void {
    const next: Query = { ...this.query, ...changes }
    history.replaceState(null, '', this.href(this.path, next))
    this.read()
  }

  private read(): void {
    const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?', 2)
    this.path = path || 'overview'
    this.query = Object.fromEntries(
      query
        .split('&')
        .filter(Boolean)
        .map((pair) => {
          const [name, value = ''] = pair.split('=', 2)
          return [decode(name!), decode(value)]
        }),
    )
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export const place = new Place()

function stored(name: string): string | null {
  try {
    return localStorage.getItem(`localbench.${name}`)
  } catch {
    return null
  }
}

function store(name: string, value: string): void {
  try {
    localStorage.setItem(`localbench.${name}`, value)
  } catch {
    // A browser that forbids storage forgets the choice with the page.
  }
}

class View {
  theme = $state(document.documentElement.dataset['theme'] ?? 'light')
  left = $state(stored('left') !== 'closed' && innerWidth >= 800)
  right = $state(stored('right') === null ? innerWidth >= 1400 : stored('right') !== 'closed' && innerWidth >= 1000)
  keys = $state(stored('keys') !== 'off')
  help = $state(false)
  said = $state('')

  toggleTheme(): void {
    this.theme = this.theme === 'dark' ? 'light' : 'dark'
    document.documentElement.dataset['theme'] = this.theme
    store('theme', this.theme)
  }

  setLeft(open: boolean): void {
    this.left = open
    store('left', open ? 'open' : 'closed')
  }

  setRight(open: boolean): void {
    this.right = open
    store('right', open ? 'open' : 'closed')
  }

  setKeys(on: boolean): void {
    this.keys = on
    store('keys', on ? 'on' : 'off')
  }
}

export const view = new View()

/** The models that charts and tables show: all of them until some are chosen. */
class Choice {
  get shown(): string[] {
    const all = report().modelIds
    const chosen = new Set((place.query['m'] ?? '').split(',').filter(Boolean))
    const kept = all.filter((id) => chosen.has(id))
    return kept.length ? kept : all
  }

  has(id: string): boolean {
    return this.shown.includes(id)
  }

  toggle(id: string): void {
    const all = report().modelIds
    const next = this.has(id) ? this.shown.filter((m) => m !== id) : all.filter((m) => m === id || this.has(m))
    place.set({ m: next.length === all.length ? null : next.join(',') })
  }

  only(id: string): void {
    place.set({ m: this.shown.length === 1 && this.has(id) ? null : id })
  }
}

export const choice = new Choice()

export const lookOf = (model: string): Look => look(report().modelIds.indexOf(model))
