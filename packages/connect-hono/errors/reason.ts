import type { ConnectError } from '@connectrpc/connect'
import { errorLimits } from './text.ts'
import { truncateText } from './truncate.ts'

/**
 * Reasons of errors, each with the keys of its metadata (https://google.aip.dev/193, "ErrorInfo").
 */
export type Reasons = Readonly<Record<string, readonly string[]>>

/** Reason of an error, for programs. */
export interface ErrorReason {
  /** `MESSAGE_TOO_LARGE` */
  readonly name: string
  readonly metadata: Readonly<Record<string, string>>
}

type Values<Keys extends readonly string[]> = Keys extends readonly []
  ? []
  : [metadata: Readonly<Record<Keys[number], string | number | bigint>>]

const reasonKey = Symbol('reason')

/**
 * Returns a function that gives an error one of the reasons, and returns the error. Clients see the
 * reason where `errorDomain` is set. A long value is truncated.
 */
export function createWithReason<R extends Reasons>() {
  return <E extends ConnectError, Name extends keyof R & string>(
    error: E,
    name: Name,
    ...[values = {}]: Values<R[Name]> | []
  ): E => {
    const texts = Object.entries(values).map(([key, value]) => {
      return [key, truncateText(String(value), errorLimits.quotedBytesMax)]
    })
    const reason: ErrorReason = { name, metadata: Object.fromEntries(texts) }
    return setReason(error, reason)
  }
}

/** Gives an error a reason, for example one that another thread has sent. */
export function setReason<E extends ConnectError>(error: E, reason: ErrorReason | undefined): E {
  return Object.assign(error, { [reasonKey]: reason })
}

/** Returns the reason of an error, or `undefined` when it has none of its own. */
export function reasonOf(error: ConnectError): ErrorReason | undefined {
  return (error as { [reasonKey]?: ErrorReason })[reasonKey]
}
