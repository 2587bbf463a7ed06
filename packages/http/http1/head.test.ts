import { describe, expect, test } from 'bun:test'
import { parseHead, type RequestHead } from './head.ts'
import { http1Limits } from './limits.ts'
import { Refusal } from './refusal.ts'

function parse(text: string, limits = {}): RequestHead {
  return parseHead(text, { ...http1Limits, ...limits })
}

/** Returns the status of the refusal, or the head. */
function outcome(text: string, limits = {}): unknown {
  try {
    return parse(text, limits)
  } catch (error) {
    if (error instanceof Refusal) return error.status ?? 'no response'
    throw error
  }
}

/** Returns a POST to / with the headers. */
const post = (headers: string, version = '1.1') => `POST / HTTP/${version}\r\n${headers}`

describe('the parser of request heads', () => {
  test('a head has method, target, host and headers, in normal form', () => {
    const head = parse(
      'GET /a/b?c=%20d HTTP/1.1\r\nHost: example.org:81\r\nX-One:\t 1 \t\r\nx-ONE:2\r\nEmpty:\r\n',
    )
    expect(head).toMatchObject({
      method: 'GET',
      minorVersion: 1,
      target: '/a/b?c=%20d',
      authority: 'example.org:81',
      headers: ['host', 'example.org:81', 'x-one', '1', 'x-one', '2', 'empty', ''],
      framing: { contentLength: 0, isChunked: false, keepsAlive: true, expectsContinue: false },
    })
  })

  test('bytes outside ASCII in header values are kept as they are', () => {
    expect(parse('GET / HTTP/1.1\r\nhost: a\r\nx: \xe9\xff\r\n').headers).toContain('\xe9\xff')
  })

  test.each([
    ['GET /path HTTP/1.1', '/path', 'a'],
    ['GET http://b.org/path?q=1 HTTP/1.1', '/path?q=1', 'b.org'],
    ['GET https://b.org:443 HTTP/1.1', '/', 'b.org:443'],
    ['GET HTTP://b.org?q HTTP/1.1', '/?q', 'b.org'],
    ['GET http://[::1]:8080/ HTTP/1.1', '/', '[::1]:8080'],
    ['OPTIONS * HTTP/1.1', '*', 'a'],
    ['OPTIONS http://b.org HTTP/1.1', '*', 'b.org'],
    ['PROPFIND /x HTTP/1.1', '/x', 'a'],
    ['GET /x HTTP/1.7', '/x', 'a'],
  ])('the target %s names %s', (line, target, authority) => {
    const head = parse(`${line}\r\nhost: a\r\n`)
    expect(head).toMatchObject({ target, authority, minorVersion: 1 })
    expect(head.headers).toEqual(['host', authority])
  })

  test('an HTTP/1.0 head needs no host, and keeps its connection only with keep-alive', () => {
    const plain = parse('GET / HTTP/1.0\r\n')
    expect(plain).toMatchObject({ minorVersion: 0, authority: '', framing: { keepsAlive: false } })
    expect(parse('GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n').framing.keepsAlive).toBe(true)
  })

  test.each([
    ['close', false],
    ['Close', false],
    ['te, close', false],
    ['keep-alive', true],
    ['closed', true],
    ['keep-alive, close', false],
  ])('a head with connection: %s keeps the connection: %s', (option, keepsAlive) => {
    expect(parse(`GET / HTTP/1.1\r\nhost: a\r\nconnection: ${option}\r\n`).framing.keepsAlive).toBe(
      keepsAlive,
    )
  })

  test('an HTTP/1.1 request waits for a 100 when it says so, an HTTP/1.0 request does not', () => {
    const headers = 'host: a\r\nexpect: 100-Continue\r\ncontent-length: 5\r\n'
    expect(parse(post(headers)).framing).toMatchObject({ expectsContinue: true, contentLength: 5 })
    expect(parse(post(headers, '1.0')).framing).toMatchObject({ expectsContinue: false })
  })

  test('a head says whether its body is chunked', () => {
    expect(parse(post('host: a\r\nTransfer-Encoding: Chunked\r\n')).framing).toMatchObject({
      isChunked: true,
      contentLength: 0,
    })
  })
})

describe('a head that is ambiguous', () => {
  test.each([
    ['a length and a transfer-encoding', 'content-length: 5\r\ntransfer-encoding: chunked\r\n'],
    ['the same the other way round', 'transfer-encoding: chunked\r\ncontent-length: 0\r\n'],
    ['two lengths that differ', 'content-length: 5\r\ncontent-length: 6\r\n'],
    ['two lengths that do not', 'content-length: 5\r\ncontent-length: 5\r\n'],
    ['a list of lengths', 'content-length: 5, 5\r\n'],
    ['a length with a sign', 'content-length: +5\r\n'],
    ['a negative length', 'content-length: -1\r\n'],
    ['a hexadecimal length', 'content-length: 0x5\r\n'],
    ['a length with a fraction', 'content-length: 5.0\r\n'],
    ['a length with a space in it', 'content-length: 1 5\r\n'],
    ['an empty length', 'content-length:\r\n'],
    ['chunked that is not last', 'transfer-encoding: chunked, gzip\r\n'],
    [
      'chunked over two lines that is not last',
      'transfer-encoding: chunked\r\nTransfer-Encoding: x\r\n',
    ],
    ['chunked twice', 'transfer-encoding: chunked, chunked\r\n'],
    ['another coding alone', 'transfer-encoding: identity\r\n'],
    ['chunked with something before it', 'transfer-encoding: xchunked\r\n'],
    ['chunked with a parameter', 'transfer-encoding: chunked;q=1\r\n'],
    ['chunked in quotes', 'transfer-encoding: "chunked"\r\n'],
    ['an empty transfer-encoding', 'transfer-encoding:\r\n'],
    ['an empty coding', 'transfer-encoding: chunked,\r\n'],
    ['a control character before chunked', 'transfer-encoding: \x0bchunked\r\n'],
    ['a space before a colon', 'content-length : 5\r\n'],
    ['a tab before a colon', 'transfer-encoding\t: chunked\r\n'],
    ['a folded line', 'x: 1\r\n content-length: 5\r\n'],
    ['a folded line without a colon', 'x: 1\r\n\tfolded\r\n'],
    ['a first line that is folded', ' x: 1\r\n'],
    ['LF alone at the end of a line', 'x: 1\ncontent-length: 5\r\n'],
    ['CR alone at the end of a line', 'x: 1\rcontent-length: 5\r\n'],
    ['CR CR LF', 'x: 1\r\r\n'],
    ['a NUL in a value', 'x: 1\0\r\n'],
    ['a DEL in a value', 'x: \x7f\r\n'],
    ['a NUL in a name', 'x\0: 1\r\n'],
    ['a name beyond ASCII', '\xe9: 1\r\n'],
    ['an empty name', ': 1\r\n'],
    ['a line without a colon', 'nothing\r\n'],
    ['a second host', 'host: b\r\n'],
    ['the same host again', 'Host: a\r\n'],
  ])('an ambiguous head is refused: %s', (_, headers) => {
    expect(outcome(post(`host: a\r\n${headers}`))).toBe(400)
  })

  test.each([
    ['no host', ''],
    ['a host with a path', 'host: a/b\r\n'],
    ['a host with a user', 'host: me@a\r\n'],
    ['a host with a space', 'host: a b\r\n'],
    ['a host with a port that is none', 'host: a:80x\r\n'],
    ['two hosts in one', 'host: a, b:c\r\n'],
    ['a fragment in a host', 'host: a#b\r\n'],
  ])('an ambiguous head is refused: %s', (_, headers) => {
    expect(outcome(`GET / HTTP/1.1\r\n${headers}`)).toBe(400)
  })

  test('a transfer-encoding over HTTP/1.0 is refused', () => {
    expect(outcome(post('transfer-encoding: chunked\r\n', '1.0'))).toBe(400)
  })

  test.each([
    ['no target', 'GET  HTTP/1.1'],
    ['two spaces', 'GET  / HTTP/1.1'],
    ['a tab for a space', 'GET\t/ HTTP/1.1'],
    ['a target with a space', 'GET /a b HTTP/1.1'],
    ['a target that is no path', 'GET a HTTP/1.1'],
    ['an asterisk that is not asked for options', 'GET * HTTP/1.1'],
    ['a fragment', 'GET /a#b HTTP/1.1'],
    ['a target beyond ASCII', 'GET /\xe9 HTTP/1.1'],
    ['a control character in the target', 'GET /\x01 HTTP/1.1'],
    ['a method that is no token', 'GE(T / HTTP/1.1'],
    ['no method', ' / HTTP/1.1'],
    ['a user in the target', 'GET http://me@a/ HTTP/1.1'],
    ['another scheme', 'GET ftp://a/ HTTP/1.1'],
    ['a URL without a host', 'GET http:///a HTTP/1.1'],
    ['CR alone in the line', 'GET /\rX HTTP/1.1'],
    ['LF alone after the line', 'GET / HTTP/1.1\nhost: b'],
  ])('an ambiguous head is refused: %s', (_, line) => {
    expect(outcome(`${line}\r\nhost: a\r\n`)).toBe(400)
  })
})

describe('a head that cannot be served', () => {
  test.each([
    [
      'a transfer-encoding beside chunked',
      post('host: a\r\ntransfer-encoding: gzip, chunked\r\n'),
      501,
    ],
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nhost: a\r\n', 501],
    ['HTTP/2.0', 'GET / HTTP/2.0\r\nhost: a\r\n', 505],
    ['HTTP/0.9 with a number', 'GET / HTTP/0.9\r\n', 505],
    ['a length beyond all numbers', post(`host: a\r\ncontent-length: ${'9'.repeat(16)}\r\n`), 413],
  ])('a head that cannot be served gets its own status: %s', (_, text, status) => {
    expect(outcome(text)).toBe(status)
  })

  test.each([
    ['a preface of HTTP/2 gone wrong', 'INVALID CONNECTION PREFACE\r\n'],
    ['HTTP/0.9', 'GET /\r\n'],
    ['a version in lower case', 'GET / http/1.1\r\nhost: a\r\n'],
    ['a longer version', 'GET / HTTP/1.10\r\nhost: a\r\n'],
    ['another protocol', 'EHLO mail.example.org\r\n'],
    ['nothing', '\r\n'],
  ])('%s gets no response', (_, text) => {
    expect(outcome(text)).toBe('no response')
  })

  test('the request line, the headers and their number are limited', () => {
    const line = `GET /${'a'.repeat(100)} HTTP/1.1\r\nhost: a\r\n`
    expect(outcome(line, { requestLineBytesMax: 114 })).toMatchObject({ method: 'GET' })
    expect(outcome(line, { requestLineBytesMax: 113 })).toBe(414)
    const long = `GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(86)}\r\n`
    expect(outcome(long, { headerBytesMax: 100 })).toMatchObject({ method: 'GET' })
    expect(outcome(long, { headerBytesMax: 99 })).toBe(431)
    const many = `GET / HTTP/1.1\r\nhost: a\r\n${'x:\r\n'.repeat(9)}`
    expect(outcome(many, { headerCountMax: 10 })).toMatchObject({ method: 'GET' })
    expect(outcome(many, { headerCountMax: 9 })).toBe(431)
  })
})
