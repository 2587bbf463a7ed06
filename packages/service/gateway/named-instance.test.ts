import { describe, expect, test } from 'bun:test'
import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { ErrorInfoSchema } from '@marquee/connect-hono/gen/google/rpc/error_details_pb'
import { Health } from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { failureOf } from '@marquee/testing/failure-of'
import { gatewayProtocols, startGateway, startInstance } from '@marquee/testing/forwarding'
import { freePorts } from '@marquee/testing/free-ports'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import { withNamed } from './named-instance.ts'

alsoOnDenoAndNode(import.meta.filename)

const callCount = 8
const ratingRequest = { recordId: '1', recordType: 'movie', userId: 'ada' }

/** Options of a call that names an instance, with the id that a fixed registry gives it. */
function at(url: string) {
  return { headers: { 'marquee-instance': `rating@${url}` } }
}

describe.each(gatewayProtocols)('by %s', (protocol) => {
  test('a call that names an instance reaches this one, among several', async () => {
    await using one = await startInstance({})
    await using other = await startInstance({})
    await using gateway = await startGateway([one.url, other.url])
    const health = createClient(Health, gateway.transport(protocol))
    for (let count = 0; count < callCount; count++) await health.check({}, at(other.url))
    await waitFor(() => other.calls.length === callCount, { what: 'the log of the calls' })
    expect(one.calls).toEqual([])
  })

  test('a call that names an instance that is not registered is NOT_FOUND, and reaches nobody', async () => {
    await using registered = await startInstance({})
    await using stranger = await startInstance({})
    await using gateway = await startGateway([registered.url])
    const health = createClient(Health, gateway.transport(protocol))
    const ids = [`rating@${stranger.url}`, stranger.url, `metadata@${registered.url}`, '']
    for (const id of ids) {
      const options = { headers: { 'marquee-instance': id } }
      const failure = await failureOf(health.check({}, options))
      expect([id, failure.code]).toEqual([id, Code.NotFound])
      expect(failure.rawMessage).toStartWith(`no instance "${id}" of rating is registered`)
      expect(failure.findDetails(ErrorInfoSchema)).toMatchObject([
        { reason: 'INSTANCE_UNKNOWN', metadata: { service: 'rating', instance: id } },
      ])
    }
    const watch = await failureOf(Array.fromAsync(health.watch({}, at(stranger.url))))
    expect(watch.code).toBe(Code.NotFound)
    expect([...stranger.calls, ...registered.calls]).toEqual([])
  })

  test('a call that names an instance that cannot be reached goes to no other', async () => {
    await using reachable = await startInstance({})
    const [port] = await freePorts(1)
    const lost = `http://127.0.0.1:${port}`
    await using gateway = await startGateway([reachable.url, lost])
    const health = createClient(Health, gateway.transport(protocol))
    expect((await failureOf(health.check({}, at(lost)))).code).toBe(Code.Unavailable)
    expect(reachable.calls).toEqual([])
  })
})

test("a call of the service's own RPCs goes to any instance, whatever it names", async () => {
  await using instance = await startInstance({ getRating: () => ({ rating: ratingRequest }) })
  await using gateway = await startGateway([instance.url])
  const options = at('http://10.0.0.1:8082')
  const { rating } = await gateway.rating('connect').getRating(ratingRequest, options)
  expect(rating?.userId).toBe('ada')
})

test('only operators may name an instance, whether it is registered or not', () => {
  const upstream = {
    takeNamed(): never {
      throw new Error('nobody may learn what is registered')
    },
  }
  const call = { isOperator: false }
  const taking = withNamed(upstream, 'rating-1', { service: 'rating', call })
  try {
    taking.take()
    expect.unreachable()
  } catch (error) {
    expect(ConnectError.from(error)).toMatchObject({
      code: Code.PermissionDenied,
      rawMessage:
        'only operators may set marquee-instance: this needs a token with the role "operator"',
    })
  }
})
