import { type Program, spawnProgram } from '@marquee/testing/process'
import type { RuntimeName } from '@marquee/testing/tools'

export interface ServiceProcess extends AsyncDisposable {
  readonly program: Program
  /** Origin of the service. */
  readonly url: string
}

export interface ServiceProcessOptions {
  readonly service: 'metadata' | 'rating' | 'movie'
  /** Default: Bun. */
  readonly runtime?: RuntimeName
  /** Default: any free port. */
  readonly port?: number
  readonly args?: readonly string[]
  /** Changes to this process's environment. Default: none. */
  readonly env?: Readonly<Record<string, string>>
  /** Command that runs the runtime's, put before it. Default: none. */
  readonly command?: readonly string[]
}

/** Maximum time for a service to start on a busy machine, in milliseconds. */
const startTimeoutMs = 20_000

/** Starts a service in its own process, and resolves when it listens. */
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

/** Starts a service in its own process, without waiting for it. */
export function spawnService(options: ServiceProcessOptions): Promise<Program> {
  const { service, runtime = 'bun', port = 0, args = [], env = {}, command = [] } = options
  return spawnProgram({
    runtime,
    command,
    env,
    entry: `services/${service}/main.ts`,
    args: ['--port', `${port}`, '--log-level', 'info', '--log-format', 'json', ...args],
  })
}
