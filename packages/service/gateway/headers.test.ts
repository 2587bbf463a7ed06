import { expect, test } from 'bun:test'
import { headerOf } from '@marquee/http/header-list'
import { requestHead, responseHeaders } from './headers.ts'

const request = {
  method: 'POST',
  target: '/a.v1.A/B?c=d',
  httpVersion: '1.1',
  requestId: 'id',
  remoteAddress: '',
} as const

test('a request is addressed to the instance, and says whose gateway it came through', () => {
  const fields = ['content-type', 'application/json', 'host', 'page.test', 'x-request-id', 'other']
  expect(requestHead('https://10.0.0.5:8082', { ...request, fields })).toEqual([
    ...[':method', 'POST', ':scheme', 'https', ':authority', '10.0.0.5:8082'],
    ...[':path', '/a.v1.A/B?c=d', 'content-type', 'application/json'],
    ...['x-request-id', 'id', 'via', '1.1 marquee'],
  ])
})

test('hop-by-hop headers and those that Connection names are not forwarded', () => {
  const hopByHop = [
    ...['connection', 'keep-alive, X-Secret', 'keep-alive', 'timeout=5', 'x-secret', '1'],
    ...['transfer-encoding', 'chunked', 'upgrade', 'h2c', 'http2-settings', 'AAMAAABk'],
    ...[
      'marquee-instance',
      'rating-1',
      'proxy-authorization',
      'Basic x',
      'te',
      'gzip',
      'expect',
      '100-continue',
      'trailer',
      'a',
    ],
  ]
  const fields = [...hopByHop, 'x-kept', '1']
  const head = requestHead('http://a:1', { ...request, fields })
  expect(head.slice(8)).toEqual(['x-kept', '1', 'x-request-id', 'id', 'via', '1.1 marquee'])
})

test('te: trailers is forwarded', () => {
  const head = requestHead('http://a:1', { ...request, fields: ['te', 'trailers, deflate;q=0.5'] })
  expect(head.slice(8, 10)).toEqual(['te', 'trailers'])
})

test('the last address in X-Forwarded-For is that of the client, whatever the client sends', () => {
  const fields = ['x-forwarded-for', '192.0.2.1', 'x-forwarded-for', '192.0.2.2']
  const head = requestHead('http://a:1', { ...request, fields, remoteAddress: '10.0.0.9' })
  expect(head.slice(8, 10)).toEqual(['x-forwarded-for', '192.0.2.1, 192.0.2.2, 10.0.0.9'])
  expect(head.filter((part) => part === 'x-forwarded-for')).toHaveLength(1)
})

test('the last element of Forwarded names the client, whatever the client sends', () => {
  const fields = ['forwarded', 'for=192.0.2.1', 'forwarded', 'for=10.0.0.7']
  const forwarded = (remoteAddress: string) =>
    headerOf(requestHead('http://a:1', { ...request, fields, remoteAddress }), 'forwarded')
  expect(forwarded('10.0.0.9')).toBe('for=192.0.2.1, for=10.0.0.7, for=10.0.0.9')
  expect(forwarded('2001:db8::1')).toBe('for=192.0.2.1, for=10.0.0.7, for="[2001:db8::1]"')
  expect(forwarded('')).toBeUndefined()
})

test('a response is forwarded without hop-by-hop headers, CORS headers and its request id', () => {
  expect(
    responseHeaders([
      ...['content-type', 'application/json', 'connection', 'close', 'x-request-id', 'other'],
      ...['access-control-allow-origin', '*', 'set-cookie', 'a=1', 'set-cookie', 'b=2'],
    ]),
  ).toEqual(['content-type', 'application/json', 'set-cookie', 'a=1', 'set-cookie', 'b=2'])
})

test('credentials for this service stay here, and a verified token replaces those of the client', () => {
  const mine = ['cookie', '__Host-marquee-session=x', 'service-authorization', 'Bearer forged']
  const fields = ['authorization', 'Bearer old', ...mine]
  const forwarded = requestHead('http://a', { ...request, fields })
  expect(forwarded).toContain('Bearer old')
  for (const text of mine) expect(forwarded).not.toContain(text)
  const replaced = requestHead('http://a', { ...request, fields, token: 'new' })
  expect(replaced).toContain('Bearer new')
  expect(replaced).not.toContain('Bearer old')
})
