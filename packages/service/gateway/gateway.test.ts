import { describe, expect, test } from 'bun:test'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { Code, ConnectError, createClient, type Interceptor } from '@connectrpc/connect'
import {
  BadRequestSchema,
  ErrorInfoSchema,
} from '@marquee/connect-hono/gen/google/rpc/error_details_pb'
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
} from '@marquee/connect-hono/gen/grpc/reflection/v1/reflection_pb'
import { failureOf } from '@marquee/testing/failure-of'
import {
  type GatewayProtocol,
  gatewayProtocols,
  type Listening,
  startGateway,
  startInstance,
} from '@marquee/testing/forwarding'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import { RatingService } from '../../../gen/rating/v1/rating_pb.ts'
import { setVersion } from '../rest/conditional.ts'

const record = { recordId: '1', recordType: 'movie' }
const ratingRequest = { ...record, userId: 'ada' }
const rating = { ...ratingRequest, value: 4 }

describe.each(gatewayProtocols)('by %s', (protocol: GatewayProtocol) => {
  test('a call and its response are forwarded with their metadata', async () => {
    await using instance = await startInstance({
      getRating(_, { requestHeader, responseHeader, responseTrailer }) {
        responseHeader.set('x-sent', requestHeader.get('x-given') ?? '')
        responseTrailer.set('x-last', 'word')
        return { rating }
      },
    })
    await using gateway = await startGateway([instance.url])
    const sent: Record<string, string | null> = {}
    const response = await gateway.rating(protocol).getRating(ratingRequest, {
      headers: { 'x-given': 'for it', 'x-request-id': `by-${protocol}` },
      onHeader: (header) => void Object.assign(sent, { header: header.get('x-sent') }),
      onTrailer: (trailer) => void Object.assign(sent, { trailer: trailer.get('x-last') }),
    })
    expect(response.rating).toMatchObject(rating)
    expect(sent).toEqual({ header: 'for it', trailer: 'word' })
    const line = {
      requestId: `by-${protocol}`,
      method: 'rating.v1.RatingService/GetRating',
      protocol: protocol === 'grpc-web-text' ? 'grpc-web' : protocol,
    }
    await logs(gateway, line)
    await logs(instance, line)
  })

  test('an error of the service arrives as it was, with its details', async () => {
    await using instance = await startInstance({
      getRating: () => {
        throw new ConnectError('nobody knows', Code.NotFound)
      },
    })
    await using gateway = await startGateway([instance.url])
    const client = gateway.rating(protocol)
    const failure = await failureOf(client.getRating(ratingRequest))
    expect([failure.code, failure.rawMessage]).toEqual([Code.NotFound, 'nobody knows'])
    const invalid = await failureOf(client.getRating({ ...ratingRequest, recordId: '' }))
    expect(invalid.code).toBe(Code.InvalidArgument)
    const [field] = invalid.findDetails(BadRequestSchema)[0]?.fieldViolations ?? []
    expect([field?.field, field?.reason]).toEqual(['record_id', 'STRING_MIN_LEN'])
    const reasons = [failure, invalid].map((one) => one.findDetails(ErrorInfoSchema))
    expect(reasons).toMatchObject([
      [{ reason: 'NOT_FOUND', domain: 'marquee', metadata: {} }],
      [{ reason: 'FIELD_INVALID', metadata: { field: 'record_id', rule: 'string.min_len' } }],
    ])
  })

  test('the messages of a response stream arrive one by one', async () => {
    const gate = Promise.withResolvers<void>()
    await using instance = await startInstance({
      async *watchAggregatedRatings() {
        yield { aggregatedRating: { ...record, count: 1n } }
        await gate.promise
        yield { aggregatedRating: { ...record, count: 2n } }
      },
    })
    await using gateway = await startGateway([instance.url])
    const counts: bigint[] = []
    const watch = gateway.rating(protocol).watchAggregatedRatings({ records: [record] })
    for await (const { aggregatedRating } of watch) {
      counts.push(aggregatedRating?.count ?? 0n)
      // Only what has come lets the rest come.
      gate.resolve()
    }
    expect(counts).toEqual([1n, 2n])
  })

  test('a client that leaves ends the call at the service', async () => {
    const ended = Promise.withResolvers<unknown>()
    await using instance = await startInstance({
      async *watchAggregatedRatings(_, { signal }) {
        signal.addEventListener('abort', () => ended.resolve(ConnectError.from(signal.reason).code))
        yield { aggregatedRating: record }
        await ended.promise
      },
    })
    await using gateway = await startGateway([instance.url])
    const leaving = new AbortController()
    const { signal } = leaving
    const watch = gateway.rating(protocol).watchAggregatedRatings({ records: [record] }, { signal })
    await failureOf(Array.fromAsync(watch, () => leaving.abort()))
    expect(await ended.promise).toBe(Code.Canceled)
    await logs(gateway, { code: 'canceled' })
  })

  test('a client that leaves before the response ends the call at the service', async () => {
    const begun = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    await using instance = await startInstance({
      async getRating(_, { signal }) {
        signal.addEventListener('abort', () => ended.resolve())
        begun.resolve()
        await ended.promise
        return { rating }
      },
    })
    await using gateway = await startGateway([instance.url])
    const leaving = new AbortController()
    const call = failureOf(
      gateway.rating(protocol).getRating(ratingRequest, { signal: leaving.signal }),
    )
    await begun.promise
    leaving.abort()
    expect((await call).code).toBe(Code.Canceled)
    await ended.promise
    await logs(gateway, { code: 'canceled' })
  })

  test('the service receives the deadline of the client', async () => {
    let leftMs: number | undefined
    await using instance = await startInstance({
      getRating(_, context) {
        leftMs = context.timeoutMs()
        return { rating }
      },
    })
    await using gateway = await startGateway([instance.url])
    await gateway.rating(protocol).getRating(ratingRequest, { timeoutMs: 60_000 })
    expect(leftMs).toBeGreaterThan(0)
    expect(leftMs).toBeLessThanOrEqual(60_000)
  })
})

test('the gateway logs the code of a call', async () => {
  await using instance = await startInstance({
    getRating: () => {
      throw new ConnectError('nobody knows', Code.NotFound)
    },
  })
  await using gateway = await startGateway([instance.url])
  for (const protocol of ['connect', 'grpc'] as const) {
    await failureOf(gateway.rating(protocol).getRating(ratingRequest))
    await logs(gateway, { protocol, code: 'not_found' })
  }
})

test('a read by GET is forwarded, and its cached response is revalidated', async () => {
  let count = 0
  await using instance = await startInstance({
    getRating(_, context) {
      count++
      setVersion(context, 7)
      return { rating }
    },
  })
  await using gateway = await startGateway([instance.url])
  let url = ''
  const note: Interceptor = (next) => (request) => {
    url = request.url
    return next(request)
  }
  const client = gateway.rating('connect', { useHttpGet: true, interceptors: [note] })
  const etags: (string | null)[] = []
  await client.getRating(ratingRequest, {
    onHeader: (header) => void etags.push(header.get('etag')),
  })
  expect(etags).toEqual(['W/"7"'])
  const query = `connect=v1&encoding=json&message=${encodeURIComponent(JSON.stringify(ratingRequest))}`
  const again = await fetch(`${url.split('?')[0]}?${query}`, {
    headers: { 'if-none-match': 'W/"7"' },
  })
  expect([again.status, again.headers.get('etag')]).toEqual([304, 'W/"7"'])
  expect(again.headers.get('cache-control')).toBe('private, no-cache')
  expect(count).toBe(2)
})

test('an upload that is larger than all windows arrives whole', async () => {
  const messages = 200
  await using instance = await startInstance({
    async importRatings(items) {
      let bytes = 0
      for await (const { rating: item } of items) bytes += item?.userId.length ?? 0
      return { createdCount: BigInt(bytes) }
    },
  })
  await using gateway = await startGateway([instance.url])
  const userId = 'x'.repeat(60 * 1024)
  const items = async function* () {
    for (let index = 0; index < messages; index++) yield { rating: { ...rating, userId } }
  }
  const { createdCount } = await gateway.rating('grpc').importRatings(items())
  expect(createdCount).toBe(BigInt(messages * userId.length))
})

test('a service that does not read gets no more data from its client', async () => {
  const gate = Promise.withResolvers<void>()
  await using instance = await startInstance({
    async importRatings(items) {
      await gate.promise
      let count = 0n
      for await (const _ of items) count++
      return { createdCount: count }
    },
  })
  await using gateway = await startGateway([instance.url])
  const total = 500
  let sent = 0
  const items = async function* () {
    for (; sent < total; sent++) yield { rating: { ...rating, userId: 'x'.repeat(64 * 1024) } }
  }
  const call = gateway.rating('grpc').importRatings(items())
  await standsStill(() => sent)
  expect(sent).toBeLessThan(total / 2)
  gate.resolve()
  expect((await call).createdCount).toBe(BigInt(total))
})

test('a client that does not read gets no more data from the service', async () => {
  const total = 500
  let made = 0
  await using instance = await startInstance({
    async *watchAggregatedRatings() {
      for (; made < total; made++) {
        yield { aggregatedRating: { ...record, recordId: 'x'.repeat(64 * 1024) } }
      }
    },
  })
  await using gateway = await startGateway([instance.url])
  const watch = gateway.rating('grpc').watchAggregatedRatings({ records: [record] })
  const iterator = watch[Symbol.asyncIterator]()
  await iterator.next()
  await standsStill(() => made)
  // The windows of two connections, and what their ends keep ready.
  expect(made).toBeLessThan(total / 2)
  let count = 1
  while (!(await iterator.next()).done) count++
  expect(count).toBe(total)
})

test('a conversation goes both ways at once, as reflection does', async () => {
  await using instance = await startInstance({})
  await using gateway = await startGateway([instance.url])
  const client = createClient(ServerReflection, gateway.transport('grpc'))
  const arrived = Promise.withResolvers<void>()
  const symbolRequest = (
    value: string,
  ): MessageInitShape<typeof ServerReflectionRequestSchema> => ({
    messageRequest: { case: 'fileContainingSymbol', value },
  })
  const requests = async function* () {
    yield symbolRequest(RatingService.typeName)
    await arrived.promise
    yield symbolRequest('no.such.Thing')
  }
  const cases: unknown[] = []
  for await (const { messageResponse } of client.serverReflectionInfo(requests())) {
    cases.push(messageResponse.case)
    arrived.resolve()
  }
  expect(cases).toEqual(['fileDescriptorResponse', 'errorResponse'])
})

async function logs(
  { calls }: Pick<Listening, 'calls'>,
  line: Readonly<Record<string, string>>,
): Promise<void> {
  const isIt = (call: object) =>
    Object.entries(line).every(([name, value]) => Reflect.get(call, name) === value)
  await waitFor(() => calls.some(isIt), { what: `a call ${JSON.stringify(line)}` })
}

async function standsStill(count: () => number): Promise<void> {
  let last = -1
  const stands = () => {
    const still = count() === last && last > 0
    last = count()
    return still
  }
  await waitFor(stands, { what: 'a count to stand still', intervalMs: 300 })
}

alsoOnDenoAndNode(import.meta.filename)
