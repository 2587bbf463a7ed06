import type { Fields } from '../../exchange.ts'
import { areTrailers } from '../server/request-head.ts'

/** What an answer begins with (RFC 9113 §8.3.2). */
export interface AnswerHead {
  readonly status: number
  /** Without the pseudo-header field. */
  readonly fields: Fields
  /** -1 when there is none. */
  readonly contentLength: number
}

/** Reads a field list, or answers undefined when the answer is malformed (RFC 9113 §8.1.1). */
export function readAnswerHead(list: Fields): AnswerHead | undefined {
  const [name, status = ''] = list
  if (name !== ':status' || !/^[1-9]\d\d$/.test(status)) return undefined
  const fields = list.slice(2)
  const contentLength = readContentLength(fields)
  if (contentLength === undefined || !areTrailers(fields)) return undefined
  return { status: Number(status), fields, contentLength }
}

/** -1 when there is none, undefined when there is one that cannot be. */
function readContentLength(fields: Fields): number | undefined {
  const index = fields.indexOf('content-length')
  if (index < 0 || index % 2 === 1) return -1
  const value = fields[index + 1] ?? ''
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined
}
