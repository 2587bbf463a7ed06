import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createCertificate } from '@marquee/testing/certificate'
import { spawnProgram } from '@marquee/testing/process'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import type { RuntimeName } from '@marquee/testing/tools'

export interface SuiteOptions {
  /** Path of `h2spec`. */
  readonly binary: string
  readonly runtime: RuntimeName
  /** Uses TLS. Default: cleartext. */
  readonly tls?: boolean
  /** Specs to run, such as `http2/6.5` or `hpack`. Default: all. */
  readonly specs?: readonly string[]
}

export interface SuiteResult {
  readonly total: number
  readonly passed: number
  readonly skipped: number
  readonly failed: number
  /** Description of the failures. Empty when there are none. */
  readonly report: string
}

/** Time that a case may wait for the server, in seconds, on a busy machine. */
const caseTimeoutSeconds = 5

/** Timeout of a run, in milliseconds. */
const timeoutMs = 120_000

/**
 * Runs h2spec (https://github.com/summerwind/h2spec), including strict cases, against the server on
 * a runtime.
 */
export async function runSuite(options: SuiteOptions): Promise<SuiteResult> {
  const { binary, runtime, tls = false, specs = [] } = options
  await using folder = await temporaryFolder()
  const own = tls ? createCertificate(folder.path) : undefined
  await using server = await spawnProgram({
    runtime,
    entry: 'test/h2spec/server.ts',
    args: own ? [own.certificatePath, own.keyPath] : [],
  })
  const [, port = ''] = await server.waitForLine(/^listening (\d+)$/m)
  const limits = ['--timeout', String(caseTimeoutSeconds)]
  const secure = tls ? ['--tls', '--insecure'] : []
  const args = ['--strict', '--port', port, ...limits, ...secure, ...specs]
  const { stdout, stderr } = await run(binary, args)
  const sum = /^(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed$/m.exec(stdout)
  const [total = 0, passed = 0, skipped = 0, failed = 0] = (sum ?? []).slice(1).map(Number)
  const isGood = sum !== null && passed === total
  const failures = stdout.slice(Math.max(0, stdout.search(/^Failures:/m)))
  const report = isGood ? '' : [failures, stderr, server.stderr()].filter(Boolean).join('\n---\n')
  return { total, passed, skipped, failed, report }
}

interface Output {
  readonly stdout: string
  readonly stderr: string
}

/** Runs h2spec. Accepts an exit code other than 0, because the output reports failed cases too. */
async function run(binary: string, args: readonly string[]): Promise<Output> {
  const limits = { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 }
  try {
    return await promisify(execFile)(binary, args, limits)
  } catch (error) {
    const { stdout, stderr, killed } = error as Partial<Output> & { killed?: boolean }
    if (stdout === undefined || stderr === undefined) throw error
    return { stdout, stderr: killed ? `${stderr}\nit took longer than ${timeoutMs} ms` : stderr }
  }
}
