import { Code, ConnectError } from '@connectrpc/connect'
import type { HttpError } from '@marquee/connect-hono/errors/errors'
import { withReason as withRpcReason } from '@marquee/connect-hono/errors/rpc-reasons'
import { quoted } from '@marquee/connect-hono/errors/text'
import { describe, withReason } from '../reasons.ts'

/** Fields of a request that make its write conditional. */
export interface ConditionFields {
  /** ETags with their quotes, separated by commas, or `*`. Empty for no condition. */
  readonly etag: string
  readonly mustNotExist?: boolean
}

/** Condition of a write on the revision of its resource, `undefined` when that does not exist. */
export type WriteCondition = (revision: number | undefined) => boolean

/** Returns the ETag of a revision, with its quotes (AIP-154). Clients do not interpret it. */
export function etagOf(revision: number): string {
  return `"${tagOf(revision)}"`
}

function tagOf(revision: number): string {
  return revision.toString(36)
}

/** An ETag of a list (RFC 9110 §8.8.3), with the comma after it. */
const etag = /[ \t]*(W\/)?"([!#-~\u0080-\u00ff]*)"[ \t]*(?:,|$)/y

/**
 * Reads the condition of a write. Weak ETags match nothing (RFC 9110 §13.1.1). The ETag of an
 * encoded response (`"k3x.gzip"`) stands for the same revision. Throws `INVALID_ARGUMENT` for a text
 * that is no list of ETags.
 */
export function readCondition({ etag: text, mustNotExist }: ConditionFields): WriteCondition {
  if (mustNotExist) return (revision) => revision === undefined
  if (text === '') return () => true
  if (text.trim() === '*') return (revision) => revision !== undefined
  const tags = new Set<string>()
  etag.lastIndex = 0
  while (etag.lastIndex < text.length) {
    const [found, isWeak, tag = ''] = etag.exec(text) ?? []
    if (found === undefined) throw invalid(text)
    if (!isWeak) tags.add(tag.replace(/\.[a-z]+$/, ''))
  }
  return (revision) => revision !== undefined && tags.has(tagOf(revision))
}

function invalid(text: string): ConnectError {
  const reason = `etag is ${quoted(text)}: send the etag of the resource with its quotes, or *`
  const error = new ConnectError(reason, Code.InvalidArgument)
  return withRpcReason(error, 'FIELD_INVALID', { field: 'etag', rule: 'etag' })
}

/**
 * Returns the error of a write whose condition is not met: `ALREADY_EXISTS` or `ABORTED`, by REST
 * 412 (RFC 9110 §15.5.13). Its detail `google.rpc.ErrorInfo` has the current ETag.
 * @param what The resource, such as `the movie "1"`.
 */
export function unmetCondition(
  what: string,
  { mustNotExist }: ConditionFields,
  revision: number | undefined,
): ConnectError {
  const [text, code] = mustNotExist
    ? [`${what} exists already`, Code.AlreadyExists]
    : revision === undefined
      ? [`${what} does not exist`, Code.Aborted]
      : [`${what} has another version: read it again`, Code.Aborted]
  const error = new ConnectError(`nothing was changed, because ${text}`, code)
  const reason = mustNotExist ? 'ALREADY_EXISTS' : 'ETAG_MISMATCH'
  const reasoned =
    revision === undefined
      ? withReason(error, reason)
      : withReason(error, reason, { etag: etagOf(revision) })
  const status: HttpError = { httpStatus: 412 }
  return Object.assign(describe(reasoned), status)
}
