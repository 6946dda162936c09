/** The shape of the data that `pytest_localbench/reports/dashboard.py` puts into the page. */
export type Num = number | null
export type Kind = 'passed' | 'weak' | 'error' | 'pending' | 'skipped'

export interface Outcome { id: string; words: string; kind: Kind; remedy: string }

export interface Row {
  category: string; model: string
  shown: Num; low: Num; high: Num; intervalMethod: string | null; rankText: string; rank: Num; tied: boolean; best: boolean
  ultimate_score: Num; quality: Num; components: Record<string, Num>; components_used: string[]; common_components: string[]
  n_tasks: number; n_scored: number; n_passed: number; n_weak: number; n_errors: number; n_pending: number
  n_skipped: number; n_invalid: number; n_contended: number
  pass_rate: Num; coverage: Num; covered: boolean
  median_time_s: Num; p95_time_s: Num; peak_memory_bytes: Num; cost_usd: Num; tokens_per_s: Num
  metrics: Record<string, Num>
}
export interface Category {
  id: string; name: string; description: string | null; ran: boolean; method: string; minCoverage: number
  failUnder: Num; notes: string[]
}
export interface Model {
  id: string; provider: string; model: string | null; path: string | null; address: string | null; local: boolean
  tags: string[]; configHash: string
  opened: { load_s?: Num; capabilities?: Record<string, unknown>; fingerprint?: Record<string, unknown> }
  capabilities: Record<string, unknown>; generation: Record<string, unknown>; resources: Record<string, unknown>
  pricing: { input_usd_per_mtok: number; output_usd_per_mtok: number; as_of: string | null } | null
}
export interface Overall { model: string; score: Num; categories: string[]; partial: boolean; reason: string }
export interface Interval { low: number; high: number; method: string }
export interface Pair {
  category: string; first: string; second: string; n_tasks: number; delta: Num; interval: Interval | null
  p_value: Num; better: string | null; detectable: Num; verdict: string
}
export interface GateCheck {
  expression: string; category: string | null; model: string | null; task: string | null
  value: Num; threshold: number; passed: boolean; message: string
}
export interface Environment {
  machine: string; python: string; platform: string; cpu: string; cpu_count: Num; ram_bytes: Num
  packages: Record<string, string>; workers: number; facts?: Record<string, unknown>
}
export interface Run {
  id: string; started: string; finished: string; complete: boolean; command: string | null; version: string
  exitCode: Num; closing: string; environment: Environment; settings: Record<string, unknown>; notes: string[]
  notRun: number; lost: number
  traffic: { model: string; address: string | null; requests: number; sent_bytes: Num; received_bytes: Num; counted: string }[]
  offline: { blocked: string[] } | null
}
export interface PastScore {
  category: string; model: string; score: Num; low: Num; high: Num; quality: Num
  median_time_s: Num; tokens_per_s: Num; n_scored: number; covered: boolean
}
export interface PastRun {
  id: string; started_at: string; machine: string; complete: boolean
  fingerprints: Record<string, string>; scores: PastScore[]
}
export interface BaselineRun {
  id: string; started: string; complete: boolean; version: string; machine: string
  board: Row[]; overall: Overall[]; verdicts: Pair[]; differences: string[]
}
export interface Results {
  task: number[]; model: number[]; sample: number[]; attempt: number[]; outcome: number[]
  quality: Num[]; score: Num[]; time: Num[]; first: Num[]; tokIn: Num[]; tokOut: Num[]; speed: Num[]
  cost: Num[]; memory: Num[]; contended: number[]; reason: number[]; started: number[]; detail: number[]; prompt: number[]
}
export interface TaskResults {
  task: number[]; model: number[]; status: number[]; score: Num[]; quality: Num[]; samples: number[]
  scored: number[]; passed: number[]; errors: number[]; spread: Num[]; reason: number[]; detail: number[]
}
export interface Tasks {
  id: string[]; title: string[]; category: number[]; complexity: number[]; status: string[]; tags: number[][]
  source: (string | null)[]; line: number[]; pass: number[]; detail: number[]
}
export interface CompareNow {
  outcome: number[]; quality: Num[]; score: Num[]; time: Num[]; cost: Num[]; changed: number[]; detail: number[]
}
export interface Gone {
  task: number[]; model: number[]; sample: number[]; attempt: number[]; outcome: number[]; quality: Num[]
}
export interface Tables {
  results: Results; taskResults: TaskResults; tasks: Tasks; strings: string[]; starts: number[]
  compare: { now: CompareNow; gone: Gone } | null
}
export interface Document {
  format: number; embed: 'all' | 'failures' | 'none'; redact: 'none' | 'inputs' | 'all'; cut: number
  outcomes: Outcome[]; statuses: string[]; modelIds: string[]
  run: Run; categories: Category[]; models: Model[]; board: Row[]; overall: Overall[]; comparisons: Pair[]
  gate: { passed: boolean; checks: GateCheck[] } | null
  baseline: BaselineRun | null; history: PastRun[]; skipped: string[]
}

export interface FieldDetail { path: string; expected: unknown; got: unknown; score: Num; note: string }
export interface Verdict {
  name: string; evaluator: string; score: Num; status: string; role: 'content' | 'guard'; weight: number
  reason: string; details: FieldDetail[]
}
/** name, raw, unit, normalized, weight, reference, reason */
export type Component = [string, Num, string, Num, number, Num, string]
export interface Noise {
  load_1m?: Num; steal_share?: Num; swap_in_bytes_per_s?: Num; swap_out_bytes_per_s?: Num
}
export interface Step {
  turn: number; kind: 'message' | 'call' | 'user'; text: string; tool?: string; arguments?: unknown
  status?: 'ok' | 'failed' | 'invalid' | null
}
export interface AnswerDetail {
  answer?: string; thinking?: string; verdicts?: Verdict[]; failure?: { kind: string; message: string; details: string }
  notes?: string[]; components?: Component[]; finish?: string; nodeid?: string; resolved?: string; requests?: number
  steps?: Step[]; noise?: Noise; reasoningTokens?: number; cachedTokens?: number; queued?: number; memoryMethod?: string
}
export interface PromptDetail {
  messages: [string, string][]; images?: (string | null)[]; expected: unknown; hasExpected?: boolean
}
export interface TaskDetail {
  description: string | null; why: string | null; language: string | null; format: string; labels: string[]
  evaluators: { name: string; use: string; weight: Num; guard: Num; why: string | null }[]
  requires: Record<string, unknown>; expectedSeconds: Num; expectedCost: Num; memoryBudgetMb: Num; timeout: number
  repeats: number; maxTokens: Num; temperature: Num; mustPass: boolean; samples: number
}
export interface TaskResultDetail { components: Component[]; metrics: Record<string, Num>; verdicts: Verdict[] }
