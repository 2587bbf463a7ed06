import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { createClient } from '@connectrpc/connect'
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web'
import { describeWith } from '@marquee/testing/requirements'
import { leftOut, runtime, tool } from '@marquee/testing/tools'
import { testClient } from './client.ts'
import { checkTypes, output, outsideFolder, packAll, start, writeExample } from './outside.ts'

const runtimes = ['bun', 'node', 'deno'] as const
const setUpTimeoutMs = 240_000
const listening = /listening on (\S+)/
const path = 'greet.v1.GreetService/Greet'
const wanted = JSON.stringify({ name: 'Ada' })
const greeting = { greeting: 'Hello, Ada!' }

interface GreetClient {
  greet(request: { name: string }): Promise<object>
}

type Example = Awaited<ReturnType<typeof writeExample>>

const enabled = process.env.MARQUEE_TESTS === 'unit' ? leftOut : { value: undefined }

describeWith(enabled, 'outside the workspace', () => {
  let outside: Awaited<ReturnType<typeof outsideFolder>>
  let server: Example
  let client: Example
  let http: Example

  beforeAll(async () => {
    await packAll()
    outside = await outsideFolder()
    server = await writeExample(outside.path, 'connect-hono')
    client = await writeExample(outside.path, 'grpc-transport')
    http = await writeExample(outside.path, 'http')
  }, setUpTimeoutMs)
  afterAll(() => outside[Symbol.asyncDispose]())

  test('the examples are short and have no type errors', async () => {
    expect(readFileSync(server.program, 'utf8').trim().split('\n').length).toBeLessThanOrEqual(20)
    await checkTypes(server.program)
    await checkTypes(client.program)
    await checkTypes(http.program)
  }, 60_000)

  describe('the client', testClient)

  for (const name of runtimes) {
    describeWith(runtime(name), `on ${name}`, () => {
      async function serveExample({ program: file }: Example = server) {
        const program = await start(name, file, { PORT: '0' })
        const [, url = ''] = await program.waitForLine(listening)
        return { program, url, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() }
      }

      describeWith(tool('curl'), 'curl', (curl) => {
        test('calls the server by HTTP/1.1, HTTP/2 and GET, and its REST route', async () => {
          await using example = await serveExample()
          const { url } = example
          const json = async (...args: string[]) => JSON.parse(await output(curl, ['-s', ...args]))
          const post = ['-H', 'content-type: application/json', '-d', wanted, `${url}/${path}`]
          expect(await json('--http1.1', ...post)).toEqual(greeting)
          expect(await json('--http2-prior-knowledge', ...post)).toEqual(greeting)
          const query = new URLSearchParams({ encoding: 'json', message: wanted })
          expect(await json(`${url}/${path}?${query}`)).toEqual(greeting)
          expect(await output(curl, ['-s', url])).toBe('Hello from Hono')
        })

        test('calls the server of http by both versions', async () => {
          await using example = await serveExample(http)
          for (const version of ['--http1.1', '--http2-prior-knowledge']) {
            const status = ['-s', '-o', '/dev/null', '-w', '%{http_code} %{http_version}']
            const printed = await output(curl, [...status, version, example.url])
            expect(printed).toBe(version === '--http1.1' ? '200 1.1' : '200 2')
          }
        })
      })

      describeWith(tool('grpcurl'), 'grpcurl', (grpcurl) => {
        test('calls the server by its reflection', async () => {
          await using example = await serveExample()
          const { host } = new URL(example.url)
          const printed = await output(grpcurl, ['-plaintext', '-d', wanted, host, path])
          expect(JSON.parse(printed)).toEqual(greeting)
        })
      })

      describeWith(tool('buf'), 'buf curl', (buf) => {
        test.each(['grpc', 'grpcweb', 'connect'])('calls the server by %s', async (protocol) => {
          await using example = await serveExample()
          const flags = ['--http2-prior-knowledge', '--protocol', protocol, '-d', wanted]
          const printed = await output(buf, ['curl', ...flags, `${example.url}/${path}`])
          expect(JSON.parse(printed)).toEqual(greeting)
        })
      })

      test('Connect-Web calls the server by Connect and gRPC-Web', async () => {
        await using example = await serveExample()
        const { GreetService } = await import(join(server.folder, 'gen', 'greet_pb.ts'))
        for (const create of [createConnectTransport, createGrpcWebTransport]) {
          const transport = create({ baseUrl: example.url })
          const client = createClient(GreetService, transport) as unknown as GreetClient
          expect(await client.greet({ name: 'Ada' })).toMatchObject(greeting)
        }
      })

      test('the example of grpc-transport calls the server', async () => {
        await using example = await serveExample()
        await using calling = await start(name, client.program, { SERVER: example.url })
        expect(await calling.exited).toEqual({ code: 0, signal: null })
        expect(calling.stdout()).toBe('Hello, Ada!\nHello, Grace!\n')
      })

      test('a compressed message is read, on a thread where the runtime needs one', async () => {
        await using example = await serveExample()
        const body = gzipSync(JSON.stringify({ name: 'Ada'.repeat(10_000) }))
        const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
        const response = await fetch(`${example.url}/${path}`, { method: 'POST', headers, body })
        const text = `Hello, ${'Ada'.repeat(10_000)}!`
        expect(await response.json()).toEqual({ greeting: text })
      })
    })
  }
})
