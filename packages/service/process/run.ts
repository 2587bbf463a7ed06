import { ShutdownError } from '@marquee/connect-hono/errors/shutdown-error'
import {
  type ConnectionBudget,
  createConnectionBudget,
} from '@marquee/http/server/connection-budget'
import type { Logger } from 'pino'
import { FlagsError, HelpRequest } from '../flags/flags.ts'
import { type LogOptions, openLog } from '../logs/log.ts'
import { readWorkerPlace } from '../workers/config.ts'
import type { WorkerPlace } from '../workers/messages.ts'
import { createSoleProcess, type Workers } from '../workers/port.ts'
import type { Address } from '../workers/ports.ts'
import { takeHangUps } from './hang-ups.ts'
import { readConnectionBounds } from './open-files.ts'
import { hideHarmlessWarnings } from './warnings.ts'

/** Log, signals and resources of a running program. */
export interface Running {
  readonly log: Logger
  /** Aborted with a `ShutdownError` when the process shuts down. */
  readonly draining: AbortSignal
  /** Resolves when the whole program has started. Does not resolve when it could not start. */
  readonly started: Promise<void>
  /** Budget of client connections. */
  readonly connections: ConnectionBudget
  /** Calls the listener at SIGHUP, until the result is disposed. */
  readonly onHangUp: (listener: () => void) => Disposable
  /** The processes that share the port. */
  readonly workers: Workers
  /** Adds a resource to dispose of at the end, in reverse order, and returns it. */
  use<T extends AsyncDisposable | Disposable>(resource: T): T
}

/** Maximum time from the first signal to the end of the process, in milliseconds. */
const shutdownTimeoutMs = 15_000
const exitCodes = { failed: 1, badUsage: 2 }

/** Part of a program's configuration that `run` reads. */
export interface RunOptions {
  readonly log: LogOptions
  /** Number of processes that share the port. Default: 1. */
  readonly workers?: number
  readonly host?: string
  readonly port?: number
  readonly admin?: Address
}

/**
 * Runs a program until SIGTERM or SIGINT. On the signal, it is no longer ready, its resources are
 * disposed of in reverse order, and the process ends within 15 seconds. A program that cannot start
 * prints the reason and exits with 1. A command line that cannot be used exits with 2. With several
 * workers, this process only supervises them, and they run the program.
 * @param readConfig Reads flags and environment. Throws a `FlagsError` or a `HelpRequest`.
 */
export async function run<Config extends RunOptions>(
  name: string,
  readConfig: () => Config,
  start: (running: Running, config: Config) => Promise<void>,
): Promise<void> {
  hideHarmlessWarnings()
  try {
    const config = readConfig()
    const place = readWorkerPlace()
    const { workers = 1 } = config
    if (workers > 1 && place === undefined)
      process.exitCode = await superviseWorkers(config, workers)
    else await runUntilSignal(config, place, start)
  } catch (error) {
    process.exitCode = printError(name, error)
  }
}

async function superviseWorkers(config: RunOptions, count: number): Promise<number> {
  const signalled = nextSignal()
  const { supervise } = await import('../workers/supervise.ts')
  using log = await openLog(config.log)
  using hangUps = takeHangUps()
  const { host = '127.0.0.1', port = 0, admin } = config
  const shared = { count, address: { host, port }, admin }
  return await supervise({ ...shared, log: log.logger, signalled, onHangUp: hangUps.on })
}

async function runUntilSignal<Config extends RunOptions>(
  config: Config,
  place: WorkerPlace | undefined,
  start: (running: Running, config: Config) => Promise<void>,
): Promise<void> {
  const draining = new AbortController()
  const signalled = nextSignal()
  if (place !== undefined) ignoreFurtherSignals()
  void signalled.then((signal) => {
    draining.abort(new ShutdownError())
    setTimeout(exitNow, shutdownTimeoutMs, signal).unref()
  })
  await using stack = new AsyncDisposableStack()
  const workers = stack.use(await openWorkers(place))
  const log = stack.use(await openLog(config.log, place?.index)).logger
  const use = <T extends AsyncDisposable | Disposable>(resource: T) => stack.use(resource)
  const connections = createConnectionBudget({ ...(await readConnectionBounds()), log })
  const { on: onHangUp } = stack.use(takeHangUps(log))
  const { promise: started, resolve: onStarted } = Promise.withResolvers<void>()
  const running = { log, draining: draining.signal, started, connections, workers, onHangUp, use }
  await start(running, config)
  onStarted()
  workers.serving()
  log.info({ signal: await signalled }, 'shutting down')
}

async function openWorkers(place: WorkerPlace | undefined): Promise<Workers> {
  if (place === undefined) return createSoleProcess()
  const { openChannel } = await import('../workers/process.ts')
  const { joinWorkers } = await import('../workers/worker.ts')
  return joinWorkers(place, openChannel())
}

/** Ends a process that did not shut down in time, also one that is still starting. */
function exitNow(signal: NodeJS.Signals): void {
  process.stderr.write(
    `marquee: killed ${shutdownTimeoutMs} ms after ${signal}, because shutdown took too long\n`,
  )
  process.exit(exitCodes.failed)
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
}

/**
 * Keeps a worker from being killed by a second signal: a terminal and systemd send one to all
 * processes of a service, and the supervisor sends another one.
 */
function ignoreFurtherSignals(): void {
  process.on('SIGTERM', () => {})
  process.on('SIGINT', () => {})
}

/**
 * Returns why the program did not start, also when disposing of its resources failed afterwards.
 */
function firstCause(error: unknown): unknown {
  return error instanceof SuppressedError ? firstCause(error.suppressed) : error
}

function printError(name: string, thrown: unknown): number {
  const error = firstCause(thrown)
  if (error instanceof HelpRequest) {
    process.stdout.write(`${error.message}\n`)
    return 0
  }
  const bad = error instanceof FlagsError
  const lines = error instanceof Error ? error.message.split('\n') : [String(error)]
  for (const line of lines) process.stderr.write(`marquee ${name}: ${line}\n`)
  return bad ? exitCodes.badUsage : exitCodes.failed
}
