import { type DestinationStream, type Logger, pino } from 'pino'
import { logBounds } from './bounds.ts'

export interface LogOptions {
  readonly level: string
  /** `json` for machines, a line each; `pretty` for people. */
  readonly format: string
}

/** A log and what it writes to. Disposing it writes what is left. */
export interface Log extends Disposable {
  readonly logger: Logger
}

/** How many characters of log lines are gathered, and for how long at most, before they are written. */
const gatheredCharsMax = 16 * 1024
const flushIntervalMs = 200

/** Opens the log on standard output. Its lines are within `logLimits`. */
export async function openLog({ level, format }: LogOptions): Promise<Log> {
  const options = { ...logBounds, level, base: undefined, timestamp: createTimestamp() }
  if (format === 'pretty') {
    const { default: pretty } = await import('pino-pretty')
    const stream: DestinationStream = pretty({ sync: true, ignore: 'pid,hostname' })
    return { logger: pino(options, stream), [Symbol.dispose]() {} }
  }
  const output = createOutput()
  return { logger: pino(options, output), [Symbol.dispose]: output.close }
}

interface Output extends DestinationStream {
  /** Writes what is gathered before it returns; pino asks for it when a line is fatal. */
  flushSync(): void
  close(): void
}

/**
 * Standard output, to which lines go many at a time: each write measures and copies what it is given. It writes before
 * it returns, because a runtime ends without what its threads have yet to write, and nobody bounds what waits for them.
 */
function createOutput(): Output {
  const destination = pino.destination({ dest: 1, sync: true, contentMode: 'buffer' })
  let gathered = ''
  function flush(): void {
    const lines = gathered
    gathered = ''
    // Given as text, it would be measured and encoded more than once.
    if (lines !== '') destination.write(Buffer.from(lines) as unknown as string)
  }
  const timer = setInterval(flush, flushIntervalMs)
  timer.unref()
  // After an error that nobody caught, Deno tells of no exit.
  const ends = ['exit', 'uncaughtExceptionMonitor']
  for (const end of ends) process.on(end, flush)
  return {
    write(line) {
      gathered += line
      if (gathered.length >= gatheredCharsMax) flush()
    },
    flushSync: flush,
    close() {
      clearInterval(timer)
      for (const end of ends) process.off(end, flush)
      flush()
    },
  }
}

/** As pino's own `isoTime`, which makes a date for each line of the same millisecond. */
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
