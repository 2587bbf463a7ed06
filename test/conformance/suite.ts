import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { spawnProgram } from '@marquee/testing/process'
import { type RuntimeName, root, runtime } from '@marquee/testing/tools'

/** The part under test: our server, our server behind the gateway, or our client. */
export type Half = 'server' | 'gateway' | 'client'

export interface SuiteOptions {
  /** Path of `connectconformance`. */
  readonly binary: string
  readonly half: Half
  readonly runtime: RuntimeName
  /** Patterns of case names: `*` for one part, `**` for any number of parts. Default: all cases. */
  readonly patterns?: readonly string[]
  /** Patterns of case names to skip. */
  readonly skipped?: readonly string[]
  /** Shows the bytes on the wire for cases that fail. */
  readonly trace?: boolean
  /** Called with the suite's output as it arrives. */
  readonly onOutput?: (text: string) => void
  /** Timeout of the suite, which would wait forever for a call that hangs. Default: 240,000 ms. */
  readonly timeoutMs?: number
}

export interface SuiteResult {
  readonly total: number
  readonly passed: number
  readonly failed: number
  readonly notRun: number
  /** Cases that were started but had no response at the timeout. */
  readonly unanswered: readonly string[]
  /** Description of the failures. Empty when there are none. */
  readonly report: string
}

/** Number of calls that the suite has in flight. Its cases mostly wait. */
const parallelCalls = 8

/** Maximum length of our program's output in the report, in characters. */
const outputCharsMax = 4_000

/** Runs the official conformance suite (https://github.com/connectrpc/conformance). */
export async function runSuite(options: SuiteOptions): Promise<SuiteResult> {
  return options.half === 'client' ? runClientHalf(options) : runServerHalf(options)
}

async function runServerHalf(options: SuiteOptions): Promise<SuiteResult> {
  const entry = `test/conformance/${options.half}.ts`
  await using server = await spawnProgram({ runtime: options.runtime, entry })
  const [, control = ''] = await server.waitForLine(/^control (\d+)$/m)
  const stub = join(import.meta.dirname, 'server-stub.ts')
  const run = await runBinary(
    options,
    ['--mode', 'server', '--conf', configFile('server'), '-p', String(parallelCalls)],
    [process.execPath, stub, control],
  )
  return toResult(run, `${server.stdout()}${server.stderr()}`)
}

async function runClientHalf(options: SuiteOptions): Promise<SuiteResult> {
  const found = runtime(options.runtime)
  if ('missing' in found) throw new Error(found.missing)
  const { binary, args } = found.value
  const client = join(import.meta.dirname, 'client.ts')
  const run = await runBinary(
    options,
    ['--mode', 'client', '--conf', configFile('client')],
    [binary, ...args, client],
  )
  return toResult(run, '')
}

function configFile(half: 'server' | 'client'): string {
  return join(import.meta.dirname, `${half}.yaml`)
}

interface BinaryRun {
  readonly stdout: string
  readonly stderr: string
  readonly isLate: boolean
}

async function runBinary(
  {
    binary,
    patterns = [],
    skipped = [],
    trace = false,
    onOutput,
    timeoutMs = 240_000,
  }: SuiteOptions,
  flags: readonly string[],
  command: readonly string[],
): Promise<BinaryRun> {
  const chosen = [
    ...patterns.flatMap((pattern) => ['--run', pattern]),
    ...skipped.flatMap((pattern) => ['--skip', pattern]),
  ]
  const args = [...flags, '--vv', ...(trace ? ['--trace'] : []), ...chosen, '--', ...command]
  const child = spawn(binary, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
      onOutput?.(text)
    })
  }
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, timeoutMs)
  await once(child, 'exit')
  clearTimeout(timer)
  return { ...output, isLate }
}

function toResult({ stdout, stderr, isLate }: BinaryRun, programOutput: string): SuiteResult {
  const sum = /^Total cases: (\d+)\n(\d+) passed, (\d+) failed$/m.exec(stdout)
  const notRun = Number(/^Another (\d+) could not be run/m.exec(stdout)?.[1] ?? 0)
  const [total = 0, passed = 0, failed = 0] = (sum ?? []).slice(1).map(Number)
  const unanswered = isLate ? unansweredCases(stdout) : []
  const result = { total, passed, failed, notRun, unanswered }
  if (sum && failed + notRun === 0) return { ...result, report: '' }
  const failures = stdout.slice(Math.max(0, stdout.search(/^FAILED: /m)))
  const parts = [
    isLate ? `cases without an end:\n${unanswered.join('\n')}` : failures.slice(-200_000),
    stderr.slice(-outputCharsMax),
    programOutput.slice(-outputCharsMax),
  ]
  return { ...result, report: parts.filter((part) => part !== '').join('\n---\n') }
}

/** Returns the cases that were sent but had no response, from the output of `--vv`. */
function unansweredCases(stdout: string): string[] {
  const names = new Set<string>()
  for (const [, name = ''] of stdout.matchAll(/^Sending request for "(.*)"\.\.\.$/gm))
    names.add(name)
  for (const [, name = ''] of stdout.matchAll(/^Received response for "(.*)"\.\.\.$/gm)) {
    names.delete(name)
  }
  return [...names]
}
