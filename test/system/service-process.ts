import { type Program, spawnProgram } from '@marquee/testing/process'
import type { RuntimeName } from '@marquee/testing/tools'

export interface ServiceProcess extends AsyncDisposable {
  readonly program: Program
  /** Where it listens, as an origin. */
  readonly url: string
}

export interface ServiceProcessOptions {
  readonly service: 'metadata' | 'rating' | 'movie'
  /** Bun unless told. */
  readonly runtime?: RuntimeName
  /** Any that is free unless told. */
  readonly port?: number
  readonly args?: readonly string[]
  /** A command that runs the runtime's, put before it. Default: none. */
  readonly command?: readonly string[]
}

/** How long a service may take to start on a busy machine, in milliseconds. */
const startTimeoutMs = 20_000

/** Starts one service as a process of its own, and resolves when it listens. */
export async function startService(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const program = await spawnService(options)
  try {
    const ready = /"url":"(http:[^"]+)","msg":"\w+ is listening"/
    const [, url = ''] = await program.waitForLine(ready, startTimeoutMs)
    return { program, url, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() }
  } catch (error) {
    await program[Symbol.asyncDispose]()
    throw error
  }
}

/** Starts one service as a process of its own, and does not wait for it. */
export function spawnService(options: ServiceProcessOptions): Promise<Program> {
  const { service, runtime = 'bun', port = 0, args = [], command = [] } = options
  return spawnProgram({
    runtime,
    command,
    entry: `services/${service}/main.ts`,
    args: ['--port', `${port}`, '--log-level', 'info', '--log-format', 'json', ...args],
  })
}
