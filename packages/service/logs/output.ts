import { writeSync } from 'node:fs'
import { blockThread } from '@marquee/back-off/block-thread'
import type { DestinationStream } from 'pino'

/** Output of log lines. */
export interface Output extends DestinationStream {
  /**
   * Writes the lines before it returns, and waits for a reader that is behind for up to a second.
   * Pino calls it after a fatal line.
   */
  flushSync(): void
  /** Writes the lines as `flushSync` does, and ends. */
  close(): void
}

export interface OutputOptions {
  /** Maximum size of one write, unless a line is longer, in bytes. Default: no limit. */
  readonly writeBytesMax?: number | undefined
  /** Called when lines were dropped, once there is room again. */
  readonly onDropped: (lineCount: number) => void
  /**
   * Writes bytes, and returns the number of those that were written. Throws as `fs.writeSync` does.
   * Default: to standard output.
   */
  readonly write?: (bytes: Buffer) => number
  /** Calls back after a time. Default: `setTimeout`, which does not keep the process alive. */
  readonly after?: (delayMs: number, callback: () => void) => void
  /** Blocks the thread. Default: `Atomics.wait`. */
  readonly block?: (ms: number) => void
}

/** Maximum size of the text that is written together, in characters. */
const bufferedCharsMax = 16 * 1024
/** Maximum time until a line is written, in milliseconds. */
const flushIntervalMs = 200
/** Maximum size of the lines that wait for a reader that is behind, in bytes. */
export const waitingBytesMax = 4 * 1024 * 1024
/** First and longest wait until a write is repeated, in milliseconds. Each one doubles the next. */
const retry = { firstMs: 1, maxMs: 64 }
/** Maximum time that `flushSync` waits, in milliseconds. */
const blockedMsMax = 1_000
const newline = 10

/**
 * Creates an output that never stops the event loop for a reader that is behind. Lines are written
 * together, because each write measures and copies its text. Lines beyond `waitingBytesMax` are
 * dropped and counted: a service that cannot log still responds. A reader that has left gets
 * nothing more.
 */
export function createOutput(options: OutputOptions): Output {
  const { writeBytesMax = Number.POSITIVE_INFINITY, onDropped } = options
  const { write = writeToStandardOutput, after = afterTime, block = blockThread } = options
  const waiting: Buffer[] = []
  let waitingBytes = 0
  let text = ''
  let droppedCount = 0
  let retryMs: number = retry.firstMs
  let isRetryDue = false
  let isGone = false

  /** Writes what waits. Returns false when the reader has to take something first. */
  function writeWaiting(): boolean {
    for (let part = waiting[0]; part !== undefined; part = waiting[0]) {
      const bytes = tryWrite(part)
      if (bytes === 0) return isGone
      waitingBytes -= bytes
      retryMs = retry.firstMs
      if (bytes < part.length) waiting[0] = part.subarray(bytes)
      else waiting.shift()
    }
    return true
  }

  function tryWrite(part: Buffer): number {
    try {
      return write(part)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE' || code === 'EBADF') {
        isGone = true
        waiting.length = 0
      }
      // Other failures, such as a full disk, may pass: the lines wait.
      return 0
    }
  }

  function flush(): boolean {
    if (text !== '') {
      // A string would be measured and encoded more than once.
      const lines = Buffer.from(text)
      text = ''
      waitingBytes += lines.length
      waiting.push(...partsOf(lines, writeBytesMax))
    }
    if (!writeWaiting()) return false
    if (droppedCount > 0) {
      const count = droppedCount
      droppedCount = 0
      onDropped(count)
      return flush()
    }
    return true
  }

  function flushOrRetry(): void {
    if (isRetryDue || flush()) return
    isRetryDue = true
    after(retryMs, () => {
      isRetryDue = false
      flushOrRetry()
    })
    retryMs = Math.min(2 * retryMs, retry.maxMs)
  }

  function flushSync(): void {
    for (let blockedMs = 0; !flush() && blockedMs < blockedMsMax; blockedMs++) block(1)
  }

  const timer = setInterval(flushOrRetry, flushIntervalMs)
  timer.unref()
  // Deno emits no `exit` after an uncaught error.
  const ends = ['exit', 'uncaughtExceptionMonitor']
  for (const end of ends) process.on(end, flushSync)
  return {
    write(line) {
      if (isGone) return
      if (waitingBytes + text.length > waitingBytesMax) {
        droppedCount++
        return
      }
      text += line
      if (text.length >= bufferedCharsMax) flushOrRetry()
    },
    flushSync,
    close() {
      clearInterval(timer)
      for (const end of ends) process.off(end, flushSync)
      flushSync()
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

function writeToStandardOutput(bytes: Buffer): number {
  return writeSync(1, bytes)
}

function afterTime(delayMs: number, callback: () => void): void {
  setTimeout(callback, delayMs).unref()
}
