import { truncateText } from '@marquee/connect-hono/errors/truncate'
import type { LoggerOptions } from 'pino'

/**
 * The bounds of a log line. They are against texts that clients choose, which errors of libraries
 * repeat at any length, and more than once.
 */
export const logLimits = {
  /** Bytes of one text. */
  textBytesMax: 1024,
  /** Bytes of an error's stack, with those of its causes. It has their types and frames alone. */
  stackBytesMax: 3 * 1024,
  /** Causes of an error, one behind the other. */
  causesMax: 5,
}

/** Options of pino that keep its lines within `logLimits`. */
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

/**
 * Returns an error's type, its message with those of its causes, its code, and where it was thrown.
 */
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

/** The stack without the message, which stands before it. */
function framesOf({ name, stack = '' }: Error): string {
  const start = stack.search(firstFrame)
  return start < 0 ? name : name + stack.slice(start)
}
