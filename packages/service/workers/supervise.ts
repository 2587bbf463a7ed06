import type { Logger } from 'pino'
import { type Address, freePort } from './ports.ts'
import { startWorkerProcess } from './process.ts'
import { createSupervisor } from './supervisor.ts'

/** Options of the supervisor of a service. */
export interface SuperviseOptions {
  /** Number of workers. */
  readonly count: number
  readonly address: Address
  /** Address of the port for operators, if there is one. */
  readonly admin: Address | undefined
  readonly log: Logger
  /** Resolves when the service has to shut down. */
  readonly signalled: Promise<NodeJS.Signals>
  /** Calls the listener at SIGHUP, until the result is disposed. */
  readonly onHangUp: (listener: () => void) => Disposable
}

/**
 * Runs this program in several processes that share its ports, until the signal. Resolves with the
 * exit code.
 */
export async function supervise(options: SuperviseOptions): Promise<number> {
  const { count, address, admin, log, signalled, onHangUp } = options
  const port = await freePort(address)
  const adminPort = admin && (await freePort(admin))
  const supervisor = createSupervisor({
    place: {
      count,
      startTimeMs: performance.timeOrigin,
      port,
      ...(adminPort !== undefined && { adminPort }),
    },
    log,
    start: startWorkerProcess,
  })
  using _ = onHangUp(supervisor.reload)
  void signalled.then((signal) => {
    log.info({ signal }, 'shutting down')
    supervisor.stop()
  })
  return await supervisor.run()
}
