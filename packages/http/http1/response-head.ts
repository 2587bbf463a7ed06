import type { HeaderList } from '../exchange.ts'
import { isToken } from './header-names.ts'
import { reasonPhrases } from './reason-phrases.ts'
import type { Refusal } from './refusal.ts'

/** Headers of a response as they are sent, and what they say about its framing. */
export interface ResponseHeaders {
  /** Header lines. */
  readonly text: string
  /** Value of `content-length`. Its line is part of `text`. */
  readonly contentLength: number | undefined
  /** True when the connection should close after the response. */
  readonly closes: boolean
  readonly hasDate: boolean
}

/**
 * Characters that a header value must not have (RFC 9110 §5.5). A line end would begin another
 * header or response.
 */
const notInValue = /[^\t\x20-\x7e\x80-\xff]/
const closeOption = /(?:^|,)[\t ]*close[\t ]*(?:,|$)/i
const digits = /^\d{1,15}$/

/** Valid names, cached. They are few, because programs choose them. */
const knownNames = new Set<string>()
const knownNamesMax = 1_000

const statusLines: string[] = []

/**
 * Returns a status line such as `HTTP/1.1 200 OK`, with its line end. Throws a `RangeError` unless
 * the status is 200 to 599.
 */
export function statusLine(status: number): string {
  const known = statusLines[status]
  if (known !== undefined) return known
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`invalid response status ${status}: use 200 to 599`)
  }
  const line = `HTTP/1.1 ${status} ${reasonPhrases[status] ?? ''}\r\n`
  statusLines[status] = line
  return line
}

/**
 * Encodes the headers of a response. Headers about the connection are left out, because the
 * connection sets them itself (RFC 9112 §9.1, §6.1). It does close when `connection` says so.
 * Throws a `TypeError` for an invalid header.
 */
export function encodeResponseHeaders(headers: HeaderList): ResponseHeaders {
  let text = ''
  let contentLength: number | undefined
  let closes = false
  let hasDate = false
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? ''
    const value = headers[index + 1] ?? ''
    switch (name) {
      case 'connection':
        closes ||= closeOption.test(value)
        continue
      case 'keep-alive':
      case 'proxy-connection':
      case 'transfer-encoding':
      case 'upgrade':
        continue
      case 'content-length':
        if (contentLength !== undefined)
          throw new TypeError('a response has more than one content-length: set one')
        contentLength = toLength(value)
        break
      case 'date':
        hasDate = true
    }
    text += headerLine(name, value)
  }
  return { text, contentLength, closes, hasDate }
}

/** Encodes trailers as lines. Throws a `TypeError` for an invalid one. */
export function encodeTrailers(headers: HeaderList): string {
  let text = ''
  for (let index = 0; index < headers.length; index += 2) {
    text += headerLine(headers[index] ?? '', headers[index + 1] ?? '')
  }
  return text
}

function headerLine(name: string, value: string): string {
  if (notInValue.test(value) || !isName(name)) {
    throw new TypeError(`invalid header ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
  }
  return `${name}: ${value}\r\n`
}

function isName(name: string): boolean {
  if (knownNames.has(name)) return true
  if (!isToken(name)) return false
  if (knownNames.size < knownNamesMax) knownNames.add(name)
  return true
}

function toLength(value: string): number {
  if (!digits.test(value))
    throw new TypeError(`invalid content-length ${JSON.stringify(value)}: use digits`)
  return Number(value)
}

/**
 * Returns the whole response to a refused request.
 * @param dateLine With its line end.
 */
export function refusalResponse({ status = 400, message }: Refusal, dateLine: string): string {
  const headers = 'content-type: text/plain\r\nconnection: close\r\n'
  const length = `content-length: ${message.length + 1}\r\n\r\n`
  return `${statusLine(status)}${dateLine}${headers}${length}${message}\n`
}
