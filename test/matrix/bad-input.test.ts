import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type DescMethod, fromJsonString } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { Code } from '@connectrpc/connect'
import { codeToHttpStatus } from '@connectrpc/connect/protocol-connect'
import { describeWith } from '@marquee/testing/requirements'
import { type RuntimeName, runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { badMessages, badRequests, json, rating } from './bad-input.ts'
import { bindings, getBindings, readFailure, restBindings, toRequest } from './bindings.ts'
import type { Binding } from './client.ts'
import { exchange, leaveAmid, type RawRequest, type RawResponse } from './raw-http.ts'
import { type Service, startService, untilQuiet } from './service.ts'

const { getAggregatedRating, listTopRated, putRating } = RatingService.method
const { putMetadata } = MetadataService.method

/** Bindings on which a message follows its length. */
const enveloped = bindings.filter(({ protocol }) => protocol !== 'connect')

for (const name of ['bun', 'deno', 'node'] satisfies RuntimeName[]) {
  describeWith(runtime(name), `bad input on ${name}`, () => {
    let services: Record<'rating' | 'metadata', Service>
    beforeAll(async () => {
      services = {
        rating: await startService('rating', name),
        metadata: await startService('metadata', name),
      }
    })
    afterAll(async () => {
      for (const service of Object.values(services)) await service[Symbol.asyncDispose]()
    })
    const send = (request: RawRequest, method: DescMethod = putRating) => {
      const service = services[method.parent === MetadataService ? 'metadata' : 'rating']
      return exchange(service.url, request)
    }

    describe.concurrent('bad input is refused with a reason:', () => {
      for (const { what, method, payload, says, code = Code.InvalidArgument } of badMessages) {
        const reads = method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS
        const tried =
          reads && payload.encoding === undefined ? [...bindings, ...getBindings] : bindings
        test.each(tried)(`${what} by $protocol over HTTP/$http`, async (binding) => {
          const response = await send(toRequest(binding, method, payload), method)
          await expectFailure(binding, response, code, says)
        })
      }
      for (const { what, status, says, ...request } of badRequests) {
        test.each(restBindings)(`${what} over HTTP/$http`, async ({ http }) => {
          const response = await send({ ...request, http })
          expect(response.status).toBe(status)
          expectWords(response.body.toString(), says)
        })
      }
      test.each(restBindings)(
        'a body of REST that is no JSON over HTTP/$http',
        async ({ http }) => {
          const body = [Buffer.from('{"title":')]
          const response = await send(
            { http, verb: 'PUT', path: '/metadata?id=1', body },
            putMetadata,
          )
          await expectFailure(
            { protocol: 'rest', http },
            response,
            Code.InvalidArgument,
            /is not JSON/,
          )
        },
      )
      test.each(enveloped)('no such method by $protocol over HTTP/$http', async (binding) => {
        const request = {
          ...toRequest(binding, putRating, json(rating)),
          path: '/rating.v1.No/Nope',
        }
        const response = await send(request)
        await expectFailure(binding, response, Code.Unimplemented, /Nope is not served here/)
      })
      test('gRPC over HTTP/1.1', async () => {
        const request = toRequest({ protocol: 'grpc', http: '1.1' }, putRating, json(rating))
        const response = await send(request)
        expect(response.status).toBe(505)
        expectWords(response.body.toString(), /PutRating by gRPC needs HTTP\/2/)
      })
      test.each(enveloped)('half a message by $protocol over HTTP/$http', async (binding) => {
        const request = toRequest(binding, putRating, json(rating))
        const body = request.body?.map((bytes) => bytes.subarray(0, 20)) ?? []
        const response = await send({ ...request, body })
        await expectFailure(
          binding,
          response,
          Code.InvalidArgument,
          /the request ends within a message/,
        )
      })
      test.each([...bindings, ...getBindings])(
        'a deadline past, $protocol, HTTP/$http',
        async (binding) => {
          const payload = json({ recordId: '1', recordType: 'movie' })
          const request = toRequest(binding, getAggregatedRating, payload)
          const past = { 'grpc-timeout': '0n', 'connect-timeout-ms': '0' }
          const response = await send({ ...request, fields: { ...request.fields, ...past } })
          await expectFailure(
            binding,
            response,
            Code.DeadlineExceeded,
            /took longer than its client waits/,
          )
        },
      )
      test.each(bindings)('a deadline that is no time, $protocol, HTTP/$http', async (binding) => {
        const request = toRequest(binding, putRating, json(rating))
        const fields = { ...request.fields, 'grpc-timeout': 'soon', 'connect-timeout-ms': 'soon' }
        const response = await send({ ...request, fields })
        await expectFailure(
          binding,
          response,
          Code.InvalidArgument,
          /invalid \w+ timeout value: soon/,
        )
      })
    })

    test('a page token of another list is refused', async () => {
      const binding: Binding = { protocol: 'connect', http: '1.1' }
      const list = (request: object) => send(toRequest(binding, listTopRated, json(request)))
      for (const recordId of ['1', '2']) {
        await send(toRequest(binding, putRating, json({ ...rating, recordId })))
      }
      const first = await list({ recordType: 'movie', pageSize: 1 })
      const page = fromJsonString(listTopRated.output, first.body.toString())
      expect(page.nextPageToken).not.toBe('')
      const other = await list({ recordType: 'book', pageToken: page.nextPageToken })
      await expectFailure(
        binding,
        other,
        Code.InvalidArgument,
        /^page_token belongs to another list/,
      )
    })

    test.each(bindings)(
      'the service survives a client that leaves during its request: $protocol, HTTP/$http',
      async (binding) => {
        const requestId = `left.${binding.protocol}.${binding.http}`
        const request = toRequest(binding, putRating, json(rating))
        const fields = { ...request.fields, 'x-request-id': requestId }
        const body = request.body?.map((bytes) => bytes.subarray(0, 20)) ?? []
        const begun = () =>
          waitFor(() => services.rating.callsInFlight(), { what: 'the call to have begun' })
        await leaveAmid(services.rating.url, { ...request, fields, body }, begun)
        expect(await services.rating.loggedCall(requestId)).toMatchObject({ code: 'canceled' })
      },
    )

    test.each(nonsense)('the nonsense bytes %j do not affect the service', async (bytes) => {
      const { hostname, port } = new URL(services.rating.url)
      const socket = connect({ host: hostname, port: Number(port) })
      socket.on('error', () => {}).write(Buffer.from(bytes, 'latin1'))
      const [response = ''] = await Promise.race([once(socket, 'data'), once(socket, 'close')])
      socket.destroy()
      expect(String(response)).not.toMatch(stackTrace)
    })

    test('no bad input was logged as a fault of the service, and it continues', async () => {
      for (const service of Object.values(services)) {
        await untilQuiet(service)
        expect(service.program.stdout()).not.toMatch(/"level":[56]0/)
        expect(service.program.stderr()).not.toMatch(stackTrace)
        expect((await fetch(`${service.url}/readyz`)).status).toBe(200)
      }
    })

    test('the service stops when requested after bad input', async () => {
      for (const service of Object.values(services)) {
        await service[Symbol.asyncDispose]()
        expect(await service.program.exited).toEqual({ code: 0, signal: null })
      }
    })
  })
}

/** Bytes that are not a URL, method, message or frame. */
const nonsense = [
  'GET /livez HTTP/1.1\r\nhost: a b\r\n\r\n',
  'GET // HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET http://[ HTTP/1.1\r\nhost: a\r\n\r\n',
  'TRACE /livez HTTP/1.1\r\nhost: a\r\n\r\n',
  'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n',
  'GET /livez HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n',
  'POST /livez HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  'GET /%ff%00?%ff HTTP/1.1\r\nhost: a\r\n\r\n',
  'nonsense\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nno frame at all, but quite a few bytes',
  '\x16\x03\x01\x00\x05\x01\x02\x03',
  '\0\0\0\0\r\n\r\n',
]

const stackTrace = /\n\s*at |node_modules|\.[tj]s:\d/

/** Expects a message that says what to change, and reveals no internals of the service. */
function expectWords(message: string, says: RegExp): void {
  expect(message).toMatch(says)
  expect(message).not.toMatch(stackTrace)
}

async function expectFailure(
  binding: Binding,
  response: RawResponse,
  code: Code,
  says: RegExp,
): Promise<void> {
  const failure = await readFailure(binding, response)
  expectWords(failure.rawMessage, says)
  expect(Code[failure.code]).toBe(Code[code])
  const plain = binding.protocol === 'connect' || binding.protocol === 'connect-get'
  if (plain) expect(response.status).toBe(codeToHttpStatus(code))
  expect(response.body.toString()).not.toMatch(stackTrace)
}
