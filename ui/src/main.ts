import { mount } from 'svelte'
import App from './App.svelte'
import { PageError, readReport } from './lib/data'
import { openReport } from './lib/state.svelte'
import './app.css'

const target = document.getElementById('app')!
try {
  const report = await readReport()
  openReport(report)
  document.title = `LocalBench ${report.doc.run.id}`
  mount(App, { target })
} catch (error) {
  const main = document.createElement('main')
  main.className = 'fatal'
  const head = document.createElement('h1')
  head.textContent = 'This report cannot be shown'
  const why = document.createElement('p')
  why.textContent = error instanceof PageError ? error.message : `The page met an error of its own: ${String(error)}`
  main.append(head, why)
  target.append(main)
}
document.documentElement.dataset.ready = String(Math.round(performance.now()))
