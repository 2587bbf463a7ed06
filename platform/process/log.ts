import { type DestinationStream, type Logger, pino } from 'pino'

export interface LogOptions {
  readonly level: string
  /** `json` for machines, a line each; `pretty` for people. */
  readonly format: string
}

/** A log and what it writes to. Disposing it writes what is left. */
export interface Log extends AsyncDisposable {
  readonly logger: Logger
}

/** How many bytes of log lines are gathered, and for how long at most, before they are written. */
const bufferBytes = 8 * 1024
const flushIntervalMs = 200

/** Opens the log on standard output. */
export async function openLog({ level, format }: LogOptions): Promise<Log> {
  const options = { level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }
  if (format === 'pretty') {
    const { default: pretty } = await import('pino-pretty')
    const stream: DestinationStream = pretty({ sync: true, ignore: 'pid,hostname' })
    return { logger: pino(options, stream), async [Symbol.asyncDispose]() {} }
  }
  const destination = pino.destination({ dest: 1, sync: false, minLength: bufferBytes })
  const timer = setInterval(() => destination.flush(), flushIntervalMs)
  timer.unref()
  return {
    logger: pino(options, destination),
    [Symbol.asyncDispose]() {
      clearInterval(timer)
      return new Promise((resolve) => destination.flush(() => resolve()))
    },
  }
}
