import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'
import type { DescMethod } from '@bufbuild/protobuf'
import { Code } from '@connectrpc/connect'
import { rpcLimits } from '@marquee/connect-hono/limits'
import { messageLimitsOf } from '@marquee/connect-hono/protobuf/message-limits'
import { describeWith } from '@marquee/testing/requirements'
import { type RuntimeName, runtime } from '@marquee/testing/tools'
import { MetadataSchema, MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { bindings, pathOf, readFailure, restBindings, toRequest } from './bindings.ts'
import type { Binding } from './client.ts'
import { exchange, type RawRequest } from './raw-http.ts'
import { type Service, startService, untilQuiet } from './service.ts'

const { importMetadata, putMetadata } = MetadataService.method

const mebibyte = 1024 * 1024
/** Bytes that a client sends unless it is stopped. */
const floodBytes = 1024 * mebibyte
/**
 * Bytes of a flood in buffers of the system, the runtime and the server, beside those that are
 * read.
 */
const bufferedBytesMax = 16 * mebibyte
/** Maximum growth of a process while it unpacks 20 messages of 256 MiB each. */
const grownBytesMax = 256 * mebibyte
const bombs = { count: 20, bytes: 256 * mebibyte }

const floods: readonly (Binding & { readonly method: DescMethod })[] = [
  ...[...bindings, ...restBindings].map((binding) => ({ ...binding, method: putMetadata })),
  ...bindings.slice(0, 3).map((binding) => ({ ...binding, method: importMetadata })),
]

/** Requests that get a response before their bodies are read. */
const unread = restBindings.flatMap(({ http }) => [
  { http, verb: 'POST', path: '/nope', status: 404 },
  { http, verb: 'POST', path: '/metadata', status: 405 },
  { http, verb: 'POST', path: pathOf(putMetadata), status: 415 },
  { http, verb: 'GET', path: '/livez', status: 200 },
])

for (const name of ['bun', 'deno', 'node'] satisfies RuntimeName[]) {
  describeWith(runtime(name), `too much input on ${name}`, () => {
    let service: Service
    beforeAll(async () => {
      service = await startService('metadata', name)
    })
    afterAll(() => service[Symbol.asyncDispose]())

    describe.concurrent('too much input is read only up to the limit, and other clients are served:', () => {
      test.each(floods)('a GiB to $method.name by $protocol over HTTP/$http', async (binding) => {
        const answering = exchange(service.url, floodOf(binding, binding.method))
        expect((await fetch(`${service.url}/livez`)).status).toBe(200)
        const response = await answering
        const failure = await readFailure(binding, response)
        expect(failure).toMatchObject({ code: Code.ResourceExhausted })
        expect(failure.rawMessage).toMatch(new RegExp(`larger than .*${bytesMaxOf(binding)}`))
        if (binding.protocol === 'rest') expect(response.status).toBe(413)
        expect(response.sentBytes).toBeLessThan(bytesMaxOf(binding) + bufferedBytesMax)
      })
    })

    test.each(unread)('a GiB that nobody reads: $verb $path over HTTP/$http', async (request) => {
      const response = await exchange(service.url, { ...request, body: flood('{') })
      expect(response.status).toBe(request.status)
      expect(response.sentBytes).toBeLessThan(bufferedBytesMax)
    })

    test('a message that unpacks beyond the limit is not unpacked', async () => {
      const bomb = await packedSpaces(bombs.bytes)
      expect(bomb.length).toBeLessThan(mebibyte)
      const before = await memoryPeakBytes(service.program.pid)
      const repeated = Array.from({ length: bombs.count }, () => bindings)
        .flat()
        .slice(0, bombs.count)
      const failures = repeated.map(async (binding) => {
        const payload = { data: bomb, form: 'json', encoding: 'gzip' } as const
        const response = await exchange(service.url, toRequest(binding, putMetadata, payload))
        return await readFailure(binding, response)
      })
      for (const failure of await Promise.all(failures)) {
        expect(failure).toMatchObject({ code: Code.ResourceExhausted })
        expect(failure.rawMessage).toMatch(/larger than .*\d{5}/)
      }
      const after = await memoryPeakBytes(service.program.pid)
      expect(after - before).toBeLessThan(grownBytesMax)
    })

    test('too much input was not logged as a fault of the service, which stops when requested', async () => {
      await untilQuiet(service)
      expect(service.program.stdout()).not.toMatch(/"level":[56]0/)
      await service[Symbol.asyncDispose]()
      expect(await service.program.exited).toEqual({ code: 0, signal: null })
    })
  })
}

/** Maximum size of a message of the binding's method, or of the movie in a REST body. */
function bytesMaxOf({ protocol, method }: Binding & { readonly method: DescMethod }): number {
  const desc = protocol === 'rest' ? MetadataSchema : method.input
  return messageLimitsOf(desc, rpcLimits).json.bytesMax
}

/** Returns a request with a message of one GiB, which is sent as it is read. */
function floodOf(binding: Binding, method: DescMethod): RawRequest {
  if (binding.protocol === 'rest') {
    return { http: binding.http, verb: 'PUT', path: '/metadata?id=1', body: flood('{') }
  }
  const head = binding.protocol === 'connect' ? '{' : Buffer.from([0, 0x40, 0, 0, 0])
  return { ...toRequest(binding, method, { data: '', form: 'json' }), body: flood(head) }
}

function* flood(head: string | Uint8Array): Generator<Uint8Array> {
  const chunk = Buffer.alloc(64 * 1024, ' ')
  yield Buffer.from(head)
  for (let bytes = 0; bytes < floodBytes; bytes += chunk.length) yield chunk
}

function packedSpaces(bytes: number): Promise<Buffer> {
  const chunk = Buffer.alloc(mebibyte, ' ')
  const chunks = Array.from({ length: bytes / chunk.length }, () => chunk)
  return buffer(Readable.from(chunks).pipe(createGzip()))
}

/** Returns the peak memory of a process, or 0 where the system does not report it. */
async function memoryPeakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}
