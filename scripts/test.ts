/**
 * Runs the unit and contract tests, on Bun only: `bun run test [PATH …]`. Prints failures and the
 * totals.
 */
import { filesAtATime, runTests } from './run-tests.ts'

const folders = ['packages/', 'services/', 'producers/', 'apps/', 'scripts/', 'test/tidy/']

const paths = process.argv.slice(2)
const report = await runTests({
  paths: paths.length > 0 ? paths : folders,
  ignored: ['**/gateway/load.test.ts'],
  leaveOut: 'unit',
  atATime: filesAtATime.computing,
  quiet: true,
})
console.log(`\n${report.passed} passed, ${report.failed} failed`)
process.exitCode = report.failed > 0 ? 1 : 0
