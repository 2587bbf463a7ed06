import { setTimeout as delay } from 'node:timers/promises'

type Body = () => unknown
type Each = 'beforeAll' | 'afterAll' | 'beforeEach' | 'afterEach'

interface Test {
  readonly name: string
  readonly body: Body
  readonly timeoutMs: number
  readonly skipped: boolean
}

interface Hook {
  readonly body: Body
  readonly timeoutMs: number
}

interface Suite {
  readonly name: string
  readonly parent: Suite | undefined
  readonly parts: (Suite | Test)[]
  readonly hooks: Record<Each, Hook[]>
}

export interface Outcome {
  /** Name, with the names of the suites. */
  readonly name: string
  readonly verdict: 'passed' | 'failed' | 'skipped'
  readonly error?: unknown
}

export interface RunOptions {
  /** Runs only tests whose full name matches. */
  readonly only?: RegExp | undefined
  readonly onOutcome: (outcome: Outcome) => void
}

/** The same timeout as `scripts/check.ts` uses on Bun. */
const timeoutMsDefault = 60_000

const root = createSuite('', undefined)
let open = root

/** Declares a suite. Its body declares the tests. */
export function declareSuite(name: string, body: Body): void {
  const suite = createSuite(name, open)
  open.parts.push(suite)
  open = suite
  try {
    body()
  } finally {
    open = suite.parent ?? root
  }
}

export function declareTest(
  name: string,
  body: Body,
  { timeoutMs = timeoutMsDefault, skipped = false }: Partial<Test> = {},
): void {
  open.parts.push({ name, body, timeoutMs, skipped })
}

export function declareHook(kind: Each, body: Body, timeoutMs = timeoutMsDefault): void {
  open.hooks[kind].push({ body, timeoutMs })
}

/** Runs the declared tests, one after the other. */
export function runDeclared(options: RunOptions): Promise<void> {
  return runSuite(root, options)
}

function createSuite(name: string, parent: Suite | undefined): Suite {
  const hooks = { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] }
  return { name, parent, parts: [], hooks }
}

async function runSuite(suite: Suite, options: RunOptions): Promise<void> {
  if (!chosen(suite, options)) return
  await runHooks(suite, 'beforeAll', options)
  for (const part of suite.parts) {
    if ('parts' in part) await runSuite(part, options)
    else if (chosen(part, options, suite)) options.onOutcome(await runTest(part, suite))
  }
  await runHooks(suite, 'afterAll', options)
}

function chosen(part: Suite | Test, options: RunOptions, parent?: Suite): boolean {
  if ('parts' in part) return part.parts.some((each) => chosen(each, options, part))
  return options.only?.test(nameOf(part.name, parent)) ?? true
}

async function runHooks(
  suite: Suite,
  kind: 'beforeAll' | 'afterAll',
  { onOutcome }: RunOptions,
): Promise<void> {
  for (const { body, timeoutMs } of suite.hooks[kind]) {
    const error = await failureOf(body, timeoutMs)
    if (error) onOutcome({ name: nameOf(kind, suite), verdict: 'failed', ...error })
  }
}

async function runTest(test: Test, suite: Suite): Promise<Outcome> {
  const name = nameOf(test.name, suite)
  if (test.skipped) return { name, verdict: 'skipped' }
  const failure = await failureOf(async () => {
    for (const { body } of inherited(suite, 'beforeEach')) await body()
    try {
      await test.body()
    } finally {
      for (const { body } of inherited(suite, 'afterEach').reverse()) await body()
    }
  }, test.timeoutMs)
  return { name, verdict: failure ? 'failed' : 'passed', ...failure }
}

function inherited(suite: Suite | undefined, kind: Each): Hook[] {
  return suite ? [...inherited(suite.parent, kind), ...suite.hooks[kind]] : []
}

async function failureOf(body: Body, timeoutMs: number): Promise<{ error: unknown } | undefined> {
  const ended = new AbortController()
  const late = async () => {
    await delay(timeoutMs, undefined, { signal: ended.signal })
    throw new Error(`it took longer than ${timeoutMs} ms`)
  }
  try {
    await Promise.race([body(), late()])
    return undefined
  } catch (error) {
    return { error }
  } finally {
    ended.abort()
  }
}

function nameOf(name: string, suite: Suite | undefined): string {
  return suite?.parent ? `${nameOf(suite.name, suite.parent)} > ${name}` : name
}
