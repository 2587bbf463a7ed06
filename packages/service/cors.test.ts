import { expect, test } from 'bun:test'
import { Hono } from 'hono'
import { allowOrigins } from './cors.ts'

const app = new Hono().use(allowOrigins(['https://page.test'])).post('/call', (c) => c.text('ok'))

function preflight(origin: string) {
  const headers = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers':
      'connect-protocol-version,connect-timeout-ms,x-grpc-web,x-user-agent,grpc-timeout,traceparent',
  }
  return app.request('/call', { method: 'OPTIONS', headers })
}

test('a page of an allowed origin may send the headers of Connect, gRPC-Web and traces', async () => {
  const { status, headers } = await preflight('https://page.test')
  expect(status).toBe(204)
  expect(headers.get('access-control-allow-origin')).toBe('https://page.test')
  const allowed = headers.get('access-control-allow-headers')?.toLowerCase().split(',') ?? []
  for (const name of [
    'connect-protocol-version',
    'connect-timeout-ms',
    'x-grpc-web',
    'x-user-agent',
    'grpc-timeout',
    'content-type',
    'traceparent',
  ]) {
    expect(allowed).toContain(name)
  }
})

test('a page of another origin may not', async () => {
  const { headers } = await preflight('https://other.test')
  expect(headers.get('access-control-allow-origin')).toBeNull()
})
