import { Code, ConnectError } from '@connectrpc/connect'
import type { HeaderList } from '@marquee/http/exchange'
import type { HttpError } from '../errors/errors.ts'
import { withReason } from '../errors/rpc-reasons.ts'

/** Headers that make a request conditional (RFC 9110 §13.1). */
const conditional = new Set([
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
])

const letterI = 0x69
const letterF = 0x66

/** Returns whether a write evaluates a condition. */
export type EvaluatesCondition = (header: string, value: string) => boolean

/**
 * Returns the error of a write whose headers have a condition that it does not evaluate, or
 * `undefined`. If it ignored the condition, it would overwrite data that its client wanted to keep.
 * @param evaluates Default: the write evaluates no condition.
 */
export function unsupportedCondition(
  headers: HeaderList,
  evaluates: EvaluatesCondition = () => false,
): ConnectError | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string
    // Two letters decide nearly always, and every write is checked.
    if (name.charCodeAt(0) !== letterI || name.charCodeAt(1) !== letterF) continue
    if (!conditional.has(name) || evaluates(name, headers[index + 1] as string)) continue
    return toError(name)
  }
  return undefined
}

function toError(header: string): ConnectError {
  const text = `${header} is not supported on this write: nothing was changed; send the request without it`
  const status: HttpError = { httpStatus: 412 }
  const error = Object.assign(new ConnectError(text, Code.FailedPrecondition), status)
  return withReason(error, 'CONDITION_UNSUPPORTED', { header })
}
