import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  type ClientHttp2Session,
  connect,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2'
import { openChromium } from '@marquee/testing/chromium'
import { sendRaw } from '@marquee/testing/http1-client'
import { describeWith, testWith } from '@marquee/testing/requirements'
import { runtime, tool } from '@marquee/testing/tools'
import { type ServiceProcess, startService } from '../system/service-process.ts'

/** Host of a foreign page that resolves to the address of the service. */
const evil = 'rebind.test'
const movie = '{"id":"rebound","title":"Rebound"}'
const rpc = '/metadata.v1.MetadataService/PutMetadata'
const get = '/metadata.v1.MetadataService/ListMetadata?connect=v1&encoding=json&message=%7B%7D'

/** Method, path, and the content type of the body, if any. */
const requests: readonly (readonly [string, string, string])[] = [
  ['GET', '/livez', ''],
  ['GET', '/readyz', ''],
  ['GET', '/metrics', ''],
  ['GET', '/unknown', ''],
  ['GET', '/metadata?id=rebound', ''],
  ['GET', get, ''],
  ['OPTIONS', '/', ''],
  ['PUT', '/metadata?id=rebound', 'application/json'],
  ['POST', rpc, 'application/json'],
  ['POST', rpc, 'application/proto'],
  ['POST', rpc, 'application/grpc-web+json'],
]

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `a service on loopback, on ${name},`, () => {
    let service: ServiceProcess
    let port: number
    beforeAll(async () => {
      const args = ['--database-url', 'memory:', '--allowed-hosts', 'movies.example']
      service = await startService({ service: 'metadata', runtime: name, args })
      port = Number(new URL(service.url).port)
    }, 30_000)
    afterAll(() => service?.[Symbol.asyncDispose]())

    test.each(requests)(
      'the service refuses %s %s %s of a page of another host',
      async (method, path, contentType) => {
        const request = [method, path, contentType] as const
        for (const authority of [`${evil}:${port}`, evil, `localhost.${evil}`, '10.1.2.3']) {
          expect(await statusByHttp1(port, authority, request)).toBe(421)
          expect((await callHttp2(port, authority, request))[':status']).toBe(421)
        }
        const absolute = [request[0], `http://${evil}${request[1]}`, request[2]] as const
        expect(await statusByHttp1(port, 'localhost', absolute)).toBe(421)
      },
    )

    test('the service is unchanged by refused requests, and responds under its own names', async () => {
      for (const authority of [`127.0.0.1:${port}`, 'LOCALHOST', '[::1]:1', 'movies.example']) {
        const request = ['GET', '/metadata?id=rebound', ''] as const
        expect(await statusByHttp1(port, authority, request)).toBe(404)
        expect((await callHttp2(port, authority, request))[':status']).toBe(404)
      }
    })

    test('the service responds to a request without a host, such as an HTTP/1.0 health check', async () => {
      const text = await sendRaw({ port }, 'GET /livez HTTP/1.0\r\n\r\n')
      expect(text).toStartWith('HTTP/1.1 200 ')
    })

    test('a gRPC client gets the reason of a refusal by host', async () => {
      const headers = await callHttp2(port, evil, ['POST', rpc, 'application/grpc'])
      expect(headers[':status']).toBe(421)
      expect(headers['grpc-status']).toBe('7')
      expect(decodeURIComponent(String(headers['grpc-message']))).toContain(evil)
    })
  })
}

testWith(tool('chromium'), 'a page that rebinds its name cannot use a service', async (path) => {
  await using service = await startService({
    service: 'metadata',
    args: ['--database-url', 'memory:'],
  })
  const { port } = new URL(service.url)
  await using browser = await openChromium(path, [`--host-resolver-rules=MAP ${evil} 127.0.0.1`])
  const page = await browser.newPage()
  // Chromium sends the host of the page, whatever address it resolved.
  const loaded = await page.goto(`http://${evil}:${port}/livez`)
  expect(loaded?.status()).toBe(421)
  const statuses = await page.evaluate(
    async ([body, path = '']) => {
      const headers = { 'content-type': 'application/json' }
      const put = await fetch('/metadata?id=rebound', { method: 'PUT', body, headers })
      const post = await fetch(path, { method: 'POST', body, headers })
      return [put.status, post.status]
    },
    [movie, rpc],
  )
  expect(statuses).toEqual([421, 421])
  expect((await fetch(`${service.url}/metadata?id=rebound`)).status).toBe(404)
})

type Request = (typeof requests)[number]
type ResponseHeaders = IncomingHttpHeaders & IncomingHttpStatusHeader

async function statusByHttp1(port: number, host: string, request: Request): Promise<number> {
  const [method, path, contentType] = request
  const body = contentType === '' ? '' : movie
  const type = contentType === '' ? '' : `content-type: ${contentType}\r\n`
  const length = `content-length: ${body.length}\r\nconnection: close\r\n\r\n`
  const head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n${type}${length}`
  const text = await sendRaw({ port }, head + body)
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1])
}

async function callHttp2(
  port: number,
  authority: string,
  [method, path, contentType]: Request,
): Promise<ResponseHeaders> {
  const session: ClientHttp2Session = connect(`http://127.0.0.1:${port}`)
  session.on('error', () => {})
  const { promise, resolve, reject } = Promise.withResolvers<ResponseHeaders>()
  const type = contentType !== '' && { 'content-type': contentType, te: 'trailers' }
  const stream = session.request({
    ...{ ':method': method, ':path': path, ':authority': authority },
    ...type,
  })
  stream.on('response', resolve).on('error', reject).resume()
  stream.end(contentType !== '' ? movie : undefined)
  return await promise.finally(() => session.destroy())
}
