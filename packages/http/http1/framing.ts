import type { HeaderList } from '../exchange.ts'
import { Refusal } from './refusal.ts'

/** Framing of a request: where its body ends, and whether its connection is kept. */
export interface Framing {
  /** Bytes of the body. 0 when it is chunked. */
  readonly contentLength: number
  readonly isChunked: boolean
  /** True when the client waits for a 100 before it sends the body (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean
  /** True when the client may send further requests (RFC 9112 §9.3). */
  readonly keepsAlive: boolean
}

const closeOption = /(?:^|,)[\t ]*close[\t ]*(?:,|$)/i
const keepAliveOption = /(?:^|,)[\t ]*keep-alive[\t ]*(?:,|$)/i
const digits = /^\d+$/
/** Most digits of a length that a number represents exactly. */
const lengthDigitsMax = 15

/**
 * Reads the framing of a request (RFC 9112 §6.3). Throws a `Refusal` for everything that two
 * readers could understand differently, because they would then see different requests (request
 * smuggling).
 */
export function readFraming(headers: HeaderList, minorVersion: 0 | 1): Framing {
  let contentLength: string | undefined
  let transferEncoding: string | undefined
  let expectation: string | undefined
  let connection: string | undefined
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1] ?? ''
    switch (headers[index]) {
      case 'content-length':
        if (contentLength !== undefined)
          throw new Refusal(400, 'more than one Content-Length: send one')
        contentLength = value
        break
      case 'transfer-encoding':
        transferEncoding = transferEncoding === undefined ? value : `${transferEncoding},${value}`
        break
      case 'connection':
        connection = connection === undefined ? value : `${connection},${value}`
        break
      case 'expect':
        expectation = value.toLowerCase()
        // An HTTP/1.0 client expects nothing (RFC 9110 §10.1.1).
        if (minorVersion === 1 && expectation !== '100-continue') {
          throw new Refusal(417, 'unknown expectation: send 100-continue or none')
        }
    }
  }
  if (transferEncoding !== undefined) {
    if (minorVersion === 0)
      throw new Refusal(400, 'HTTP/1.0 has no Transfer-Encoding: send Content-Length')
    if (contentLength !== undefined)
      throw new Refusal(400, 'both Content-Length and Transfer-Encoding: send one of them')
    requireChunked(transferEncoding)
  }
  return {
    contentLength: contentLength === undefined ? 0 : readLength(contentLength),
    isChunked: transferEncoding !== undefined,
    expectsContinue: minorVersion === 1 && expectation !== undefined,
    keepsAlive: staysOpen(connection, minorVersion),
  }
}

function requireChunked(transferEncoding: string): void {
  const codings = transferEncoding.toLowerCase().split(',')
  const names = codings.map((coding) => coding.trim())
  if (names.indexOf('chunked') !== names.length - 1) {
    throw new Refusal(400, 'invalid Transfer-Encoding: send chunked last, and once')
  }
  if (names.length > 1) throw new Refusal(501, 'unknown Transfer-Encoding: send chunked alone')
}

function readLength(text: string): number {
  if (!digits.test(text)) throw new Refusal(400, 'invalid Content-Length: send digits')
  if (text.length > lengthDigitsMax)
    throw new Refusal(413, 'Content-Length too large: send a shorter body')
  return Number(text)
}

function staysOpen(connection: string | undefined, minorVersion: 0 | 1): boolean {
  if (connection === undefined) return minorVersion === 1
  if (closeOption.test(connection)) return false
  return minorVersion === 1 || keepAliveOption.test(connection)
}
