import { afterAll, beforeAll, expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { tool } from '@marquee/testing/tools'
import { type Services, startServices } from '../page/services.ts'

/** Time for all examples of a service on a busy machine, in milliseconds. */
const runTimeoutMs = 600_000
/** Time to build the page and to start the services. */
const startTimeoutMs = 150_000
/** Maximum number of random requests for each operation and phase. */
const examplesMax = 10
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

  test.each(['metadata', 'rating', 'movie'] as const)(
    'every response of %s is one that its document describes, also in sequences of calls',
    async (name) => {
      await using folder = await temporaryFolder()
      const url = `${services.urls[name]}/openapi.json`
      const options = ['--max-examples', `${examplesMax}`, '--seed', seed, '--workers', workers]
      const bounds = ['--request-timeout', '20', '--no-shrink', '--no-color']
      const args = ['run', url, '--checks', checks.join(), ...options, ...bounds]
      process.stderr.write(`schemathesis of ${name}: again with SCHEMATHESIS_SEED=${seed}\n`)
      const { code, output } = await run(program, args, folder.path)
      // The output has a command for each failure.
      expect(code === 0 ? '' : output).toBe('')
      expect(output).toContain('Stateful')
    },
    runTimeoutMs,
  )
})

function run(program: string, args: string[], cwd: string) {
  const env = { ...process.env, SCHEMATHESIS_HOOKS: 'hooks', PYTHONPATH: import.meta.dirname }
  const { promise, resolve } = Promise.withResolvers<{ code: unknown; output: string }>()
  const limits = { timeout: runTimeoutMs, maxBuffer: 64 * 1024 * 1024 }
  execFile(program, args, { cwd, env, ...limits }, (error, stdout, stderr) =>
    resolve({ code: error === null ? 0 : (error.code ?? error.signal), output: stdout + stderr }),
  )
  return promise
}
