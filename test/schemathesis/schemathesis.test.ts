import { afterAll, beforeAll, expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { tool } from '@marquee/testing/tools'
import { type Services, startServices } from '../page/services.ts'

/** Time for all examples of a service on a busy machine, in milliseconds. */
const runTimeoutMs = 600_000
/** Time to build the page and to start the services. */
const startTimeoutMs = 150_000

/** A run of schemathesis. */
interface Plan {
  readonly phases: string
  /** Module of hooks beside this file. */
  readonly hooks: string
  /** Configuration beside this file. Default: none. */
  readonly config?: string
  readonly bounds: readonly string[]
}

/** Calls each operation by itself, with 10 random requests at most. */
const requests: Plan = {
  phases: 'examples,coverage,fuzzing',
  hooks: 'hooks',
  bounds: ['--max-examples', '10'],
}
/** Follows the links of a document for half a minute. */
const sequences: Plan = {
  phases: 'stateful',
  hooks: 'sequences',
  config: 'sequences.toml',
  bounds: ['--max-time', '30'],
}
/** Minimum share of the links that sequences follow on a busy machine. On a quiet one it is 0.8. */
const coveredMin = 0.3

/** Seed of the requests. Another one finds other sequences of calls. */
const seed = process.env.SCHEMATHESIS_SEED ?? '7'
/**
 * With more workers a seed does not replay the same sequences. In Python before 3.11.8 and 3.12.2,
 * they may also fail by themselves (https://github.com/python/cpython/issues/106905).
 */
const workers = '1'

/**
 * Left out: that every invalid request is refused, because the JSON of protobuf accepts more than
 * the document says, and that every valid one succeeds, because of rules that no schema can say.
 */
const checks = [
  ...['not_a_server_error', 'status_code_conformance', 'content_type_conformance'],
  ...['response_headers_conformance', 'response_schema_conformance', 'unsupported_method'],
  ...['allow_header_conformance', 'use_after_free'],
]

describeWith(tool('schemathesis'), 'schemathesis', (program) => {
  let services: Services
  beforeAll(async () => {
    services = await startServices()
  }, startTimeoutMs)
  afterAll(() => services[Symbol.asyncDispose]())

  const names = ['metadata', 'rating', 'movie'] as const

  test.each(names)(
    'every response of %s is one that its document describes',
    async (name) => {
      const output = await check(program, services.urls[name], requests)
      expect(output).toContain('Fuzzing')
    },
    runTimeoutMs,
  )

  test.each(names)(
    'sequences of calls follow the links in the document of %s, which describes every response',
    async (name) => {
      const output = await check(program, services.urls[name], sequences)
      const [text, covered, all] = /(\d+) covered \/ (\d+) selected/.exec(output) ?? []
      process.stderr.write(`schemathesis of ${name}: ${text} links\n`)
      expect(Number(covered) / Number(all)).toBeGreaterThanOrEqual(coveredMin)
    },
    runTimeoutMs,
  )
})

/** Runs phases of schemathesis, and returns its output. A failed one is an error with a command. */
async function check(
  program: string,
  origin: string,
  { phases, hooks, config, bounds }: Plan,
): Promise<string> {
  await using folder = await temporaryFolder()
  const settings = config === undefined ? [] : ['--config-file', join(import.meta.dirname, config)]
  const selected = ['--phases', phases, '--checks', checks.join()]
  const options = ['--seed', seed, '--workers', workers, '--request-timeout', '20', '--no-shrink']
  const command = [...settings, 'run', `${origin}/openapi.json`, '--no-color']
  const args = [...command, ...selected, ...options, ...bounds]
  process.stderr.write(`schemathesis, ${phases}: again with SCHEMATHESIS_SEED=${seed}\n`)
  const { code, output } = await run(program, args, hooks, folder.path)
  expect(code === 0 ? '' : output).toBe('')
  return output
}

function run(program: string, args: string[], hooks: string, cwd: string) {
  const env = { ...process.env, SCHEMATHESIS_HOOKS: hooks, PYTHONPATH: import.meta.dirname }
  const { promise, resolve } = Promise.withResolvers<{ code: unknown; output: string }>()
  const limits = { timeout: runTimeoutMs, maxBuffer: 64 * 1024 * 1024 }
  execFile(program, args, { cwd, env, ...limits }, (error, stdout, stderr) =>
    resolve({ code: error === null ? 0 : (error.code ?? error.signal), output: stdout + stderr }),
  )
  return promise
}
