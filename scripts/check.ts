/**
 * Checks the project, the cheap checks first. All checks run, even when one fails. The last line
 * has the totals: each test counts as one, and so does each other step.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '@marquee/testing/tools'
import { runCommand } from './command.ts'
import { filesAtATime, runProgram, runTests } from './run-tests.ts'
import { describeSlowest, noTests, sum, type TestReport } from './test-report.ts'

const help = `bun run check [--all]

Without --all: every check that needs nothing installed, in a few minutes.
With --all: also real Kafka, Consul and PostgreSQL, every test again on Deno and Node, the official
suites, browsers, attacks and faults. \`bash .ci/run\` installs what that needs, and runs it.`

/**
 * Tests that measure time under load or use every core. They run one file at a time, and only with
 * `--all`.
 */
const serialTests = [
  ...[
    ...['attacks', 'conformance', 'containers', 'faults', 'fuzz', 'matrix', 'page', 'proxies'],
    ...['schemathesis', 'transcode-oracles'],
  ].map((name) => `test/${name}/`),
  'bench/',
  'packages/service/gateway/load.test.ts',
]
const serialGlobs = serialTests.map((path) => (path.endsWith('/') ? `${path}**` : path))

const passed: TestReport = { ...noTests, passed: 1 }
const failed: TestReport = { ...noTests, failed: 1 }

type Steps = Readonly<Record<string, () => Promise<TestReport>>>

const checks: Steps = {
  'generate: gen/ is up to date with proto/': checkGenerated,
  'biome: format and lint': checkStyle,
  'tsc: types': () => check(packageProgram('tsc'), '--project', '.'),
}

const tests: Steps = {
  'bun test': () =>
    runTests({
      ...{ leaveOut: 'check', ignored: serialGlobs, quiet: true },
      atATime: filesAtATime.computing,
    }),
}

const allTests: Steps = {
  'bun test': () => runTests({ ignored: serialGlobs, atATime: filesAtATime.waiting }),
  'bun test, one file at a time': () => runTests({ paths: serialTests, atATime: 1 }),
}

const generatedFolders = [
  'gen',
  ...['client', 'connect-hono', 'transcode'].map((name) => join('packages', name, 'gen')),
]

async function checkGenerated(): Promise<TestReport> {
  const readGenerated = () => new Map(generatedFolders.flatMap(readTree))
  const before = readGenerated()
  const report = await check(process.execPath, 'scripts/generate.ts')
  const after = readGenerated()
  const names = new Set([...before.keys(), ...after.keys()])
  const stale = [...names].filter((name) => before.get(name) !== after.get(name))
  for (const name of stale) console.log(`${name} was out of date with proto/: commit the new file`)
  return stale.length > 0 ? failed : report
}

function checkStyle(): Promise<TestReport> {
  // Where CI is set, Biome colours single letters even without a terminal.
  const colors = process.stdout.isTTY ? [] : ['--colors=off']
  return check(packageProgram('biome'), 'ci', '--error-on-warnings', ...colors)
}

function readTree(folder: string): [string, string][] {
  const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  return files.map((file) => [relative(root, file), readFileSync(file, 'utf8')])
}

async function check(program: string, ...args: string[]): Promise<TestReport> {
  const { exitCode } = await runProgram(program, args)
  return exitCode === 0 ? passed : failed
}

function packageProgram(name: string): string {
  return join(root, 'node_modules', '.bin', name)
}

async function runStep(heading: string, step: () => Promise<TestReport>): Promise<TestReport> {
  console.log(`\n== ${heading}`)
  const startMs = performance.now()
  const report = await step().catch((error: Error): TestReport => {
    console.error(error)
    return failed
  })
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
  console.log(
    `-- ${heading.split(':')[0]}: ${report.failed > 0 ? 'FAILED' : 'passed'} in ${seconds} s`,
  )
  return report
}

function readOptions(args: string[]) {
  return parseArgs({ args, options: { all: { type: 'boolean', default: false } } }).values
}

async function run({ all }: ReturnType<typeof readOptions>): Promise<boolean> {
  const reports: TestReport[] = []
  for (const [heading, step] of Object.entries({ ...checks, ...(all ? allTests : tests) })) {
    reports.push(await runStep(heading, step))
  }
  const total = sum(reports)
  const { failures, skipped } = total
  if (all) console.log(`\n${describeSlowest(total, 25)}`)
  if (!all) console.log(`\n${skipped.length} skipped: \`bun run check --all\` runs them`)
  else if (skipped.length > 0) console.log(`\nskipped:\n  ${skipped.join('\n  ')}`)
  if (failures.length > 0) console.log(`\nfailed:\n  ${failures.join('\n  ')}`)
  console.log(`\n${total.passed} passed, ${total.failed} failed`)
  return total.failed === 0
}

await runCommand({ help, readOptions, run })
