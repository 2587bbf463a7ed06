import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '@marquee/testing/tools'
import { readTestReport, type TestReport } from './test-report.ts'

/** Timeout of one test. The slowest tests start programs. */
const testTimeoutMs = 60_000

const runTimeoutMs = 70 * 60_000

const coreCount = availableParallelism()
/** Numbers of files that run at a time, by what they do. */
export const filesAtATime = {
  computing: coreCount,
  /** Files that wait for backends, restarts and timeouts most of the time. */
  waiting: coreCount + 1,
} as const

/** Durations of the last run, so that the next run starts with the slowest files. */
const timingsFile = join('node_modules', '.cache', 'test-timings.json')

export interface TestRun {
  /** Parts of the paths of the test files to run. Default: every file. */
  readonly paths?: readonly string[]
  /** Globs of test files to skip. */
  readonly ignored?: readonly string[]
  /** Skips tests that need other programs: see `MARQUEE_TESTS` in `packages/testing`. */
  readonly leaveOut?: 'unit' | 'check'
  /** Number of files that run at a time. */
  readonly atATime: number
  /** Prints failures only. */
  readonly quiet?: boolean
}

/** Runs `bun test`, prints its output, and returns the outcome. */
export async function runTests(run: TestRun): Promise<TestReport> {
  const folder = mkdtempSync(join(tmpdir(), 'marquee-check-'))
  const junitFile = join(folder, 'report.xml')
  const args = [
    ...['test', '--no-orphans', `--timeout=${testTimeoutMs}`],
    ...['--reporter=junit', `--reporter-outfile=${junitFile}`],
    ...(run.atATime > 1
      ? [
          `--parallel=${run.atATime}`,
          '--no-isolate',
          `--timings=${timingsFile}`,
          '--update-timings',
        ]
      : []),
    ...(run.quiet ? ['--only-failures'] : []),
    ...(run.ignored ?? []).map((glob) => `--path-ignore-patterns=${glob}`),
    ...(run.paths ?? []),
  ]
  const fast = { MARQUEE_TESTS: run.leaveOut ?? '', REQUIRE_BACKENDS: '' }
  const env = run.leaveOut ? fast : {}
  const { exitCode, printed } = await runProgram(process.execPath, args, env)
  const junit = existsSync(junitFile) ? readFileSync(junitFile, 'utf8') : ''
  rmSync(folder, { recursive: true })
  return readTestReport(printed, junit, exitCode)
}

/** Runs a program, prints its output, and returns what it wrote to standard error. */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ exitCode: number; printed: string }> {
  const color = process.stderr.isTTY ? { FORCE_COLOR: '1' } : {}
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...color, ...env },
    stdio: ['ignore', 'inherit', 'pipe'],
    signal: AbortSignal.timeout(runTimeoutMs),
  })
  let printed = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    process.stderr.write(text)
    printed += text
  })
  const [exitCode] = await once(child, 'close')
  return { exitCode: exitCode ?? 1, printed }
}
