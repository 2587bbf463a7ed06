import { describe, expect, test } from 'bun:test'
import { areTrailers, readRequestHead } from './request-head.ts'

const get = [':method', 'GET', ':scheme', 'http', ':authority', 'a.test:80', ':path', '/x?y=1']

test('a request has pseudo-headers, and its headers come without them', () => {
  expect(readRequestHead([...get, 'accept', '*/*'])).toEqual({
    method: 'GET',
    authority: 'a.test:80',
    target: '/x?y=1',
    headers: ['accept', '*/*'],
    contentLength: -1,
    expectsContinue: false,
    expectsMore: false,
  })
})

test('the authority is the host when there is no other', () => {
  const list = [':method', 'GET', ':scheme', 'http', ':path', '/', 'host', 'b']
  expect(readRequestHead(list)?.authority).toBe('b')
})

test.each([['A.TEST:80'], ['a.test'], ['a.test.']])(
  'a host of %s is the same as its authority',
  (host) => {
    expect(readRequestHead([...get, 'host', host])?.authority).toBe('a.test:80')
  },
)

test('CONNECT names an authority and nothing else', () => {
  const head = readRequestHead([':method', 'CONNECT', ':authority', 'b:443'])
  expect(head).toMatchObject({ method: 'CONNECT', authority: 'b:443', target: '' })
})

test('an asterisk is a target, and an unknown method is a method', () => {
  const list = [':method', 'BREW', ':scheme', 'http', ':path', '*', ':authority', 'a']
  expect(readRequestHead(list)).toMatchObject({ method: 'BREW', target: '*' })
})

test('length, expectation and other headers that the engine needs are read', () => {
  const list = [...get, 'content-length', '12', 'expect', '100-Continue', 'te', 'trailers']
  expect(readRequestHead(list)).toMatchObject({ contentLength: 12, expectsContinue: true })
})

test.each(['trailers', 'Trailers', 'TRAILERS'])('the header te: %s is accepted', (value) => {
  expect(readRequestHead([...get, 'te', value])).toBeDefined()
})

test('split cookies are joined', () => {
  const list = [...get, 'cookie', 'a=1', 'accept', '*/*', 'cookie', 'b=2']
  expect(readRequestHead(list)?.headers).toEqual(['accept', '*/*', 'cookie', 'a=1; b=2'])
})

describe('a malformed request', () => {
  test.each([
    ['a name in upper case', [...get, 'X-a', '1']],
    ['an empty name', [...get, '', '1']],
    ['a space in a name', [...get, 'a b', '1']],
    ['a colon in a name', [...get, 'a:b', '1']],
    ['a line break in a value', [...get, 'a', 'b\r\nc: d']],
    ['a zero in a value', [...get, 'a', '\0']],
    ['a space before a value', [...get, 'a', ' b']],
    ['a tab after a value', [...get, 'a', 'b\t']],
    ['connection', [...get, 'connection', 'close']],
    ['transfer-encoding', [...get, 'transfer-encoding', 'chunked']],
    ['keep-alive', [...get, 'keep-alive', '5']],
    ['proxy-connection', [...get, 'proxy-connection', 'close']],
    ['upgrade', [...get, 'upgrade', 'h2c']],
    ['te of something but trailers', [...get, 'te', 'gzip']],
    ['te of something beside trailers', [...get, 'te', 'trailers, gzip']],
    ['an unknown pseudo-header', [...get, ':test', '1']],
    ['a pseudo-header of a response', [...get, ':status', '200']],
    ['one of extended CONNECT, which was not offered', [...get, ':protocol', 'websocket']],
    ['a pseudo-header after others', ['a', 'b', ...get]],
    ['one between others', [...get.slice(0, 6), 'a', 'b', ...get.slice(6)]],
    ['one twice', [...get, ':path', '/']],
    ['invalid method: send a token such as GET', get.slice(2)],
    ['an empty method', [':method', '', ...get.slice(2)]],
    ['a method that is no token', [':method', 'GE T', ...get.slice(2)]],
    ['no scheme', [...get.slice(0, 2), ...get.slice(4)]],
    ['no path', get.slice(0, 6)],
    ['an empty path', [...get.slice(0, 6), ':path', '']],
    ['a path that is not absolute', [...get.slice(0, 6), ':path', 'x']],
    ['a path with a space', [...get.slice(0, 6), ':path', '/a b']],
    ['user information in its authority', [...get.slice(0, 4), ':authority', 'u@a', ':path', '/']],
    ['another host than its authority', [...get, 'host', 'b']],
    ['two hosts', [...get, 'host', 'a.test:80', 'host', 'b']],
    ['a length that is no number', [...get, 'content-length', '1a']],
    ['a negative length', [...get, 'content-length', '-1']],
    ['two lengths', [...get, 'content-length', '1', 'content-length', '2']],
    ['a path, being CONNECT', [':method', 'CONNECT', ':authority', 'b', ':path', '/']],
    ['no authority, being CONNECT', [':method', 'CONNECT']],
    ['nothing', []],
  ])('a malformed request is refused: %s', (_, list) => {
    expect(readRequestHead(list)).toBeUndefined()
  })
})

test('trailers are headers without pseudo-headers', () => {
  expect(areTrailers(['a', 'b'])).toBe(true)
  expect(areTrailers([':path', '/'])).toBe(false)
  expect(areTrailers(['A', 'b'])).toBe(false)
})
