/**
 * Runs test files on Deno and Node, which have no `bun:test`: FILE… [--only PATTERN]. Prints each
 * failure and the totals. The exit code is 1 when a test failed or none was run.
 */
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect, parseArgs } from 'node:util'

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'bun:test'
      ? { url: new URL('./bun-test.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
})

const { positionals: files, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' } },
})
const { runDeclared } = await import('./runner.ts')
for (const file of files) await import(pathToFileURL(resolve(file)).href)

const counts = { passed: 0, failed: 0, skipped: 0 }
await runDeclared({
  only: values.only === undefined ? undefined : new RegExp(values.only),
  onOutcome({ name, verdict, error }) {
    counts[verdict]++
    process.stdout.write(`(${verdict}) ${name}\n`)
    if (error !== undefined) process.stdout.write(`${inspect(error)}\n`)
  },
})
process.stdout.write(
  `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`,
)
// As with `bun test`, open handles do not keep the process alive.
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0)
