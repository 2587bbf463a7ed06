import { truncateText } from '@marquee/connect-hono/errors/truncate'
import type { LoggerOptions } from 'pino'

/**
 * Limits of a log line. Errors of libraries repeat texts that clients choose, at any length and
 * more than once.
 */
export const logLimits = {
  /** Maximum size of one text, in bytes. */
  textBytesMax: 1024,
  /**
   * Maximum size of the stacks of an error and its causes, in bytes. They contain types and frames
   * only.
   */
  stackBytesMax: 3 * 1024,
  /** Maximum number of nested causes of an error. */
  causesMax: 5,
}

/** Pino options that keep log lines within `logLimits`. */
export const logBounds: Pick<LoggerOptions, 'serializers' | 'formatters'> = {
  serializers: { err: toLoggedError },
  formatters: { log: withShortTexts },
}

/** Returns the fields with their texts cut. */
export function withShortTexts(fields: Record<string, unknown>): Record<string, unknown> {
  const short: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    short[name] = typeof value === 'string' ? truncateText(value, logLimits.textBytesMax) : value
  }
  return short
}

/** Returns an error's type, its message with the messages of its causes, its code and its stack. */
export function toLoggedError(thrown: unknown): unknown {
  if (typeof thrown === 'string') return truncateText(thrown, logLimits.textBytesMax)
  if (!(thrown instanceof Error)) return thrown
  const errors = withCauses(thrown)
  const { code } = thrown as { code?: unknown }
  return {
    type: thrown.constructor.name,
    message: truncateText(errors.map(({ message }) => message).join(': '), logLimits.textBytesMax),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    stack: truncateText(errors.map(framesOf).join('\ncaused by: '), logLimits.stackBytesMax),
  }
}

function withCauses(error: Error): Error[] {
  const errors: Error[] = []
  let next: unknown = error
  while (next instanceof Error && errors.length <= logLimits.causesMax && !errors.includes(next)) {
    errors.push(next)
    next = next.cause
  }
  return errors
}

const firstFrame = /\n\s+at /

/** Returns the stack without the message in front. */
function framesOf({ name, stack = '' }: Error): string {
  const start = stack.search(firstFrame)
  return start < 0 ? name : name + stack.slice(start)
}
