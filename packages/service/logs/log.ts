import { type DestinationStream, type Logger, pino } from 'pino'
import { logBounds } from './bounds.ts'
import { createOutput } from './output.ts'

export interface LogOptions {
  readonly level: string
  /** `json` for machines, one line each, or `pretty` for people. */
  readonly format: string
}

/** A log with its output. Disposing it writes the buffered lines. */
export interface Log extends Disposable {
  readonly logger: Logger
}

/**
 * Size that Linux writes to a pipe as a whole, in bytes (PIPE_BUF). Workers write to the same pipe,
 * and larger parts of several could be mixed.
 */
const sharedWriteBytesMax = 4_096

/**
 * Opens the log on standard output. Its lines are within `logLimits`.
 * @param worker Index of this process among those that write to the same output. Each line has it.
 */
export async function openLog({ level, format }: LogOptions, worker?: number): Promise<Log> {
  const base = worker === undefined ? undefined : { worker }
  const options = { ...logBounds, level, base, timestamp: createTimestamp() }
  if (format === 'pretty') {
    const { default: pretty } = await import('pino-pretty')
    const stream: DestinationStream = pretty({ sync: true, ignore: 'pid,hostname' })
    return { logger: pino(options, stream), [Symbol.dispose]() {} }
  }
  const output = createOutput({
    writeBytesMax: worker === undefined ? undefined : sharedWriteBytesMax,
    onDropped: (lineCount) =>
      logger.warn({ lineCount }, 'log lines were dropped: nobody read them'),
  })
  const logger = pino(options, output)
  return { logger, [Symbol.dispose]: output.close }
}

/** Returns pino's `isoTime`, with one date per millisecond instead of one per line. */
function createTimestamp(): () => string {
  let atMs = 0
  let text = ''
  return () => {
    const nowMs = Date.now()
    if (nowMs !== atMs) {
      atMs = nowMs
      text = `,"time":"${new Date(nowMs).toISOString()}"`
    }
    return text
  }
}
