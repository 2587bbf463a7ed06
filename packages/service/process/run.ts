import { ShutdownError } from '@marquee/connect-hono/errors/shutdown-error'
import {
  type ConnectionBudget,
  createConnectionBudget,
} from '@marquee/http/server/connection-budget'
import type { Logger } from 'pino'
import { FlagsError, HelpRequest } from '../flags/flags.ts'
import { type LogOptions, openLog } from '../logs/log.ts'
import { takeHangUps } from './hang-ups.ts'
import { readConnectionBounds } from './open-files.ts'
import { hideHarmlessWarnings } from './warnings.ts'

/** What a program is given to stand on. */
export interface Running {
  readonly log: Logger
  /** Aborted with a `ShutdownError` when the process is about to end. */
  readonly draining: AbortSignal
  /** The connections that the process takes from its clients. */
  readonly connections: ConnectionBudget
  /** Calls back at SIGHUP, until the result is disposed. */
  readonly onHangUp: (listener: () => void) => Disposable
  /** Takes a resource, to be disposed of at the end: the last one taken first. */
  use<T extends AsyncDisposable | Disposable>(resource: T): T
}

/** From the first signal to the end of the process, at most. */
const shutdownTimeoutMs = 15_000
const exitCodes = { failed: 1, badUsage: 2 }

/**
 * Runs a program until SIGTERM or SIGINT. On the signal it is not ready any more, its resources are disposed of in
 * reverse order, and the process ends, within 15 seconds. What cannot start says why in one line, and exits with 1; a
 * command line that cannot be used, with 2.
 * @param readConfig reads flags and environment; throws a `FlagsError` or a `HelpRequest`.
 */
export async function run<Config extends { readonly log: LogOptions }>(
  name: string,
  readConfig: () => Config,
  start: (running: Running, config: Config) => Promise<void>,
): Promise<void> {
  hideHarmlessWarnings()
  try {
    await runUntilSignal(readConfig(), start)
  } catch (error) {
    process.exitCode = explain(name, error)
  }
}

async function runUntilSignal<Config extends { readonly log: LogOptions }>(
  config: Config,
  start: (running: Running, config: Config) => Promise<void>,
): Promise<void> {
  const draining = new AbortController()
  const signalled = nextSignal()
  void signalled.then((signal) => {
    draining.abort(new ShutdownError())
    setTimeout(cutShort, shutdownTimeoutMs, signal).unref()
  })
  await using stack = new AsyncDisposableStack()
  const log = stack.use(await openLog(config.log)).logger
  const use = <T extends AsyncDisposable | Disposable>(resource: T) => stack.use(resource)
  const connections = createConnectionBudget({ ...(await readConnectionBounds()), log })
  const { on: onHangUp } = stack.use(takeHangUps(log))
  await start({ log, draining: draining.signal, connections, onHangUp, use }, config)
  log.info({ signal: await signalled }, 'shutting down')
}

/** Ends what does not end by itself, also while it is starting. */
function cutShort(signal: NodeJS.Signals): void {
  process.stderr.write(`marquee: cut ${shutdownTimeoutMs} ms after ${signal}\n`)
  process.exit(exitCodes.failed)
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
}

/** When disposing of what had started failed too: why it did not start. */
function firstCause(error: unknown): unknown {
  return error instanceof SuppressedError ? firstCause(error.suppressed) : error
}

function explain(name: string, thrown: unknown): number {
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
