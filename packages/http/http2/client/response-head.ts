import type { HeaderList } from '../../exchange.ts'
import { areTrailers } from '../server/request-head.ts'

/** Head of a response (RFC 9113 §8.3.2). */
export interface ResponseHead {
  readonly status: number
  /** Headers without the pseudo-header. */
  readonly headers: HeaderList
  /** -1 when there is none. */
  readonly contentLength: number
}

/** Parses a header list. Returns `undefined` when the response is malformed (RFC 9113 §8.1.1). */
export function readResponseHead(list: HeaderList): ResponseHead | undefined {
  const [name, status = ''] = list
  if (name !== ':status' || !/^[1-9]\d\d$/.test(status)) return undefined
  const headers = list.slice(2)
  const contentLength = readContentLength(headers)
  if (contentLength === undefined || !areTrailers(headers)) return undefined
  return { status: Number(status), headers, contentLength }
}

/** Returns -1 when there is none, and `undefined` when it is invalid. */
function readContentLength(headers: HeaderList): number | undefined {
  const index = headers.indexOf('content-length')
  if (index < 0 || index % 2 === 1) return -1
  const value = headers[index + 1] ?? ''
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined
}
