/** The pages of the navigation, in the order of their number keys. */
export const PAGES = [
  { path: 'overview', name: 'Overview' },
  { path: 'categories', name: 'Categories' },
  { path: 'models', name: 'Models' },
  { path: 'results', name: 'Results' },
  { path: 'compare', name: 'Compare' },
  { path: 'history', name: 'History' },
] as const

/** The navigation entry that a page belongs to. */
export const homeOf = (page: string): string =>
  ({ category: 'categories', task: 'categories', model: 'models' })[page] ?? page
