import { join } from 'node:path'
import { type Program, spawnProgram } from '@marquee/testing/process'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import type { RuntimeName } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'

/** Time for a service to become ready on a busy machine, in milliseconds. */
const startTimeoutMs = 25_000

/** A service of the project in its own process. */
export interface Service extends AsyncDisposable {
  readonly url: string
  readonly program: Program
  /** Resolves with the log line of a call that has ended. */
  loggedCall(requestId: string): Promise<LoggedCall>
  /** Returns the number of calls in flight, without the request for it. */
  callsInFlight(): Promise<number>
}

export interface LoggedCall {
  readonly protocol: string
  readonly method: string
  readonly code: string
}

/**
 * Starts a service on a runtime, on a free port and without permanent files.
 * @param flags More flags of its command line.
 */
export async function startService(
  name: 'metadata' | 'rating' | 'movie',
  runtime: RuntimeName,
  flags: readonly string[] = [],
  entry: 'main.ts' | 'connect-node.ts' = 'main.ts',
): Promise<Service> {
  const folder = await temporaryFolder()
  const eventLog = name === 'rating' ? ['--event-log', join(folder.path, 'events.db')] : []
  const database = name === 'movie' ? [] : ['--database-url', 'memory:']
  const log = ['--log-format', 'json', '--log-level', 'info']
  const program = await spawnProgram({
    runtime,
    entry: `services/${name}/${entry}`,
    args: ['--port', '0', ...database, ...eventLog, ...log, ...flags],
  })
  const ready = new RegExp(`"url":"([^"]+)","msg":"${name} is listening"`)
  const [, url = ''] = await program.waitForLine(ready, startTimeoutMs)
  return createService(program, url, () => folder[Symbol.asyncDispose]())
}

/** The service of a program at a URL. Disposing stops the program, then calls back. */
export function createService(
  program: Program,
  url: string,
  onEnd: () => PromiseLike<void> = async () => {},
): Service {
  return {
    url,
    program,
    async loggedCall(requestId) {
      const line = new RegExp(`^.*"requestId":"${requestId}".*$`, 'm')
      const [text] = await program.waitForLine(line)
      return JSON.parse(text) as LoggedCall
    },
    async callsInFlight() {
      const metrics = await (await fetch(`${url}/metrics`)).text()
      return Number(/^marquee_calls_in_flight (\d+)$/m.exec(metrics)?.[1]) - 1
    },
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]()
      await onEnd()
    },
  }
}

/** Resolves when no call is in flight. */
export async function untilQuiet(service: Service): Promise<void> {
  const what = 'every call to have ended'
  await waitFor(async () => (await service.callsInFlight()) === 0, { what })
}
