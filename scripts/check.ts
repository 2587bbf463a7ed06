/**
 * Every check and every test of the project, the cheap ones first. All run, even if one fails. The
 * last line is the sum: each test counts as one, and so does each other step.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { root } from '@marquee/testing/tools'
import { readTestReport, type TestReport } from './test-report.ts'

/** The slowest tests start programs; longer than this is a hang. */
const testTimeoutMs = 30_000

const stepTimeoutMs = 70 * 60_000

const passed: TestReport = { passed: 1, failed: 0, skipped: [] }
const failed: TestReport = { passed: 0, failed: 1, skipped: [] }

const steps: Readonly<Record<string, () => Promise<TestReport>>> = {
  'generate: gen/ is what proto/ makes': checkGenerated,
  'biome: format and lint': checkStyle,
  'tsc: types': () => check(packageProgram('tsc'), '--project', '.'),
  'bun test': runTests,
}

async function checkGenerated(): Promise<TestReport> {
  const readGenerated = () => new Map(['gen', 'packages/connect-hono/gen'].flatMap(readTree))
  const before = readGenerated()
  const report = await check(process.execPath, 'scripts/generate.ts')
  const after = readGenerated()
  const names = new Set([...before.keys(), ...after.keys()])
  const stale = [...names].filter((name) => before.get(name) !== after.get(name))
  for (const name of stale) console.log(`${name} was not what proto/ makes: commit the new one`)
  return stale.length > 0 ? failed : report
}

function checkStyle(): Promise<TestReport> {
  // Biome colours every letter on its own where CI is set, also when nobody looks.
  const colors = process.stdout.isTTY ? [] : ['--colors=off']
  return check(packageProgram('biome'), 'ci', '--error-on-warnings', ...colors)
}

function readTree(folder: string): [string, string][] {
  const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  return files.map((file) => [relative(root, file), readFileSync(file, 'utf8')])
}

async function runTests(): Promise<TestReport> {
  const folder = mkdtempSync(join(tmpdir(), 'marquee-check-'))
  const junitFile = join(folder, 'report.xml')
  const report = ['--reporter=junit', `--reporter-outfile=${junitFile}`]
  const args = ['test', '--no-orphans', `--timeout=${testTimeoutMs}`, ...report]
  const { exitCode, printed } = await run(process.execPath, args)
  const junit = existsSync(junitFile) ? readFileSync(junitFile, 'utf8') : ''
  rmSync(folder, { recursive: true })
  return readTestReport(printed, junit, exitCode)
}

async function check(program: string, ...args: string[]): Promise<TestReport> {
  const { exitCode } = await run(program, args)
  return exitCode === 0 ? passed : failed
}

function packageProgram(name: string): string {
  return join(root, 'node_modules', '.bin', name)
}

/** Shows what the program prints, and answers what it printed to standard error. */
async function run(
  program: string,
  args: readonly string[],
): Promise<{ exitCode: number; printed: string }> {
  const color = process.stderr.isTTY ? { FORCE_COLOR: '1' } : {}
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...color },
    stdio: ['ignore', 'inherit', 'pipe'],
    signal: AbortSignal.timeout(stepTimeoutMs),
  })
  let printed = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    process.stderr.write(text)
    printed += text
  })
  const [exitCode] = await once(child, 'close')
  return { exitCode: exitCode ?? 1, printed }
}

async function runStep(heading: string, step: () => Promise<TestReport>): Promise<TestReport> {
  console.log(`\n== ${heading}`)
  const startMs = performance.now()
  const report = await step().catch((error: Error): TestReport => {
    console.error(error)
    return failed
  })
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
  const ran = report.passed + report.failed > 0
  const verdict = report.failed > 0 ? 'FAILED' : ran ? 'passed' : 'skipped'
  console.log(`-- ${heading.split(':')[0]}: ${verdict} in ${seconds} s`)
  return report
}

const reports: TestReport[] = []
for (const [heading, step] of Object.entries(steps)) reports.push(await runStep(heading, step))

const skipped = reports.flatMap((report) => report.skipped)
if (skipped.length > 0) console.log(`\n${skipped.length} skipped:`)
for (const name of skipped) console.log(`  ${name}`)

const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0)
const failures = sum(reports.map((report) => report.failed))
console.log(`\n${sum(reports.map((report) => report.passed))} passed, ${failures} failed`)
process.exitCode = failures > 0 ? 1 : 0
