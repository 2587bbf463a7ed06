import { type DestinationStream, type Logger, pino } from 'pino'
import { logBounds } from './bounds.ts'

export interface LogOptions {
  readonly level: string
  /** `json` for machines, one line each, or `pretty` for people. */
  readonly format: string
}

/** A log with its output. Disposing it writes the buffered lines. */
export interface Log extends Disposable {
  readonly logger: Logger
}

/** Maximum size of the buffer of log lines, in characters, and maximum time until it is written. */
const bufferedCharsMax = 16 * 1024
const flushIntervalMs = 200
/**
 * Size that Linux writes to a pipe as a whole, in bytes (PIPE_BUF). Workers write to the same pipe,
 * and larger parts of several could be mixed.
 */
const sharedWriteBytesMax = 4_096
const newline = 10

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
  const output = createOutput(worker === undefined ? undefined : sharedWriteBytesMax)
  return { logger: pino(options, output), [Symbol.dispose]: output.close }
}

interface Output extends DestinationStream {
  /** Writes the buffered lines before it returns. Pino calls it after a fatal line. */
  flushSync(): void
  close(): void
}

/**
 * Creates a buffered output to standard output, because each write measures and copies its text. A
 * flush writes before it returns: a runtime exits without the writes that its threads still have to
 * do, and nothing limits how many of them wait.
 * @param writeBytesMax Maximum size of one write, unless a line is longer.
 */
function createOutput(writeBytesMax = Number.POSITIVE_INFINITY): Output {
  const destination = pino.destination({ dest: 1, sync: true, contentMode: 'buffer' })
  let buffered = ''
  function flush(): void {
    const lines = buffered
    buffered = ''
    // A string would be measured and encoded more than once.
    for (const part of partsOf(Buffer.from(lines), writeBytesMax)) {
      destination.write(part as unknown as string)
    }
  }
  const timer = setInterval(flush, flushIntervalMs)
  timer.unref()
  // Deno emits no `exit` after an uncaught error.
  const ends = ['exit', 'uncaughtExceptionMonitor']
  for (const end of ends) process.on(end, flush)
  return {
    write(line) {
      buffered += line
      if (buffered.length >= bufferedCharsMax) flush()
    },
    flushSync: flush,
    close() {
      clearInterval(timer)
      for (const end of ends) process.off(end, flush)
      flush()
    },
  }
}

/** Yields whole lines in parts of at most `bytesMax`, or of one line that is longer. */
function* partsOf(lines: Buffer, bytesMax: number): Generator<Buffer> {
  let start = 0
  while (lines.length - start > bytesMax) {
    const last = lines.lastIndexOf(newline, start + bytesMax - 1)
    const end = (last < start ? lines.indexOf(newline, start) : last) + 1
    yield lines.subarray(start, end)
    start = end
  }
  if (start < lines.length) yield lines.subarray(start)
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
