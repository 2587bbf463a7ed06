import { describe, expect, test } from 'bun:test'
import { Code } from '@connectrpc/connect'
import { errorFromJsonBytes } from '@connectrpc/connect/protocol-connect'
import { findTrailerError } from '@connectrpc/connect/protocol-grpc'
import { retryDelayMs } from '@marquee/connect-hono/errors/describe-error'
import { pushbackHeader } from '@marquee/connect-hono/errors/retry-info'
import { createWires, wireOf } from '@marquee/connect-hono/wire/wire'
import { headerOf } from '@marquee/http/header-list'
import { type FakeRequest, fakeExchange } from '@marquee/testing/fake-exchange'
import { createRefusals } from './refusals.ts'

const wires = createWires({})
/** `RetryInfo { retry_delay { seconds: 1 } }`. */
const retryInfo = { type: 'google.rpc.RetryInfo', value: new Uint8Array([0x0a, 2, 8, 1]) }
const errorInfo = { type: 'google.rpc.ErrorInfo' }

function refuse(type: string, reason: 'overloaded' | 'late' = 'overloaded', more?: FakeRequest) {
  const exchange = fakeExchange({ target: '/a.B/C', headers: ['content-type', type], ...more })
  createRefusals(wires, ['https://page.test'])(exchange, wireOf(wires, type), reason)
  const json = () => errorFromJsonBytes(exchange.responseBytes, undefined, new Error() as never)
  return { exchange, field: (name: string) => headerOf(exchange.responseHeaders, name), json }
}

test('gRPC is refused with headers only, with RetryInfo and pushback', () => {
  const { exchange } = refuse('application/grpc+proto')
  expect(exchange.responseBytes.length).toBe(0)
  expect(exchange.responseTrailers).toEqual([])
  const fields = exchange.responseHeaders
  const headers = new Headers()
  for (let at = 0; at < fields.length; at += 2)
    headers.append(fields[at] ?? '', fields[at + 1] ?? '')
  const error = findTrailerError(headers)
  expect(error?.code).toBe(Code.Unavailable)
  expect(error?.details).toMatchObject([retryInfo, errorInfo])
  expect(error?.metadata.get(pushbackHeader)).toBe(String(retryDelayMs))
})

test('gRPC-Web is refused with its last envelope', () => {
  const { exchange } = refuse('application/grpc-web+json')
  expect(exchange.responseBytes[0]).toBe(0x80)
  expect(exchange.responseBytes.toString()).toContain('grpc-status: 14')
  expect(exchange.responseBytes.toString()).toContain(`${pushbackHeader}: 1000`)
})

test.each(['application/grpc-web-text', 'application/grpc-web-text+proto'])(
  'gRPC-Web is refused with its last envelope in base64: %s',
  (type) => {
    const { exchange, field } = refuse(type)
    expect(field('content-type')).toBe('application/grpc-web-text+proto')
    const envelope = Buffer.from(exchange.responseBytes.toString(), 'base64')
    expect(envelope[0]).toBe(0x80)
    expect(envelope.toString()).toContain('grpc-status: 14')
  },
)

test('gRPC-Web is refused in base64 when its client accepts that', () => {
  const exchange = fakeExchange({ target: '/a.B/C' })
  const wire = wireOf(wires, 'application/grpc-web', 'application/grpc-web-text')
  createRefusals(wires, [])(exchange, wire, 'overloaded')
  expect(exchange.responseBytes.toString()).toMatch(/^[\w+/]+=*$/)
})

test('a stream by Connect is refused with its last envelope', () => {
  const { exchange } = refuse('application/connect+json')
  expect(exchange.responseBytes[0]).toBe(2)
  const { error } = JSON.parse(exchange.responseBytes.subarray(5).toString())
  expect(error).toMatchObject({
    code: 'unavailable',
    details: [{ type: retryInfo.type }, errorInfo],
  })
})

describe('a unary call by Connect and a REST call', () => {
  test.each(['application/proto', 'application/json', ''])('are refused alike: "%s"', (type) => {
    const { exchange, field, json } = refuse(type)
    expect(exchange.status).toBe(503)
    expect(field('retry-after')).toBe('1')
    expect(json().code).toBe(Code.Unavailable)
    expect(json().details).toMatchObject([retryInfo, errorInfo])
  })

  test('are refused with a problem when the client accepts that', () => {
    const accept = 'application/problem+json'
    const headers = ['content-type', 'application/json', 'accept', accept]
    const { exchange, field } = refuse('', 'overloaded', { target: '/', headers })
    expect([exchange.status, field('content-type')]).toEqual([503, accept])
    expect([field('retry-after'), field('vary')]).toEqual(['1', 'accept'])
    expect(JSON.parse(exchange.responseBytes.toString())).toMatchObject({
      ...{ title: 'Service Unavailable', status: 503, code: 'unavailable' },
      ...{ reason: 'OVERLOADED', details: [{ type: retryInfo.type }, errorInfo] },
    })
    const late = refuse('', 'late', { target: '/', headers })
    expect(JSON.parse(late.exchange.responseBytes.toString())).toMatchObject({
      ...{ title: 'Gateway Timeout', status: 504, reason: 'CLIENT_DEADLINE_EXCEEDED' },
    })
  })

  test('have no body for HEAD', () => {
    const { exchange } = refuse('', 'overloaded', { target: '/', method: 'HEAD' })
    expect(exchange.status).toBe(503)
    expect(exchange.responseBytes.length).toBe(0)
  })
})

test('a late call is DEADLINE_EXCEEDED, without advice to retry', () => {
  const { exchange, field, json } = refuse('application/json', 'late')
  expect(exchange.status).toBe(504)
  expect(json().code).toBe(Code.DeadlineExceeded)
  expect(json().details).toMatchObject([errorInfo])
  expect(field('retry-after')).toBeUndefined()
})

test('only scripts of allowed origins can read the refusal', () => {
  const from = (origin: string) =>
    refuse('', 'overloaded', { target: '/', headers: ['origin', origin] }).field(
      'access-control-allow-origin',
    )
  expect(from('https://page.test')).toBe('https://page.test')
  expect(from('https://other.test')).toBeUndefined()
})

test('the body of the request is not read, and a client that has left gets no response', () => {
  const { exchange } = refuse('application/grpc')
  expect(exchange.refused).toBe(true)
  const gone = fakeExchange({ target: '/' })
  gone.leave()
  createRefusals(wires, [])(gone, undefined, 'overloaded')
  expect(gone.status).toBe(0)
})
