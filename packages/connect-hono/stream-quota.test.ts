import { describe, expect, test } from 'bun:test'
import { Code, ConnectError } from '@connectrpc/connect'
import { failureOf } from '@marquee/testing/failure-of'
import { gatewayProtocols, startGateway, startInstance } from '@marquee/testing/forwarding'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { Lifetime } from './lifetime.ts'
import { createStreamQuota } from './stream-quota.ts'
import { createTimeouts } from './timeouts.ts'

const record = { recordId: '1', recordType: 'movie' }
const never = new Promise<never>(() => {})

function from(remoteAddress: string) {
  return { remoteAddress, header: () => undefined }
}

test('each client has its own number of streams at once, and a stream that ends makes room', () => {
  const quota = createStreamQuota({ limits: { streamsPerClientMax: 2 } })
  const enter = (address: string) => {
    const lifetime = new Lifetime(createTimeouts())
    quota.enter(from(address), lifetime)
    return lifetime
  }
  const codeOf = (address: string) => {
    try {
      enter(address)
      return 'entered'
    } catch (error) {
      return Code[ConnectError.from(error).code]
    }
  }
  const first = enter('192.0.2.1')
  enter('192.0.2.1')
  expect(codeOf('192.0.2.1')).toBe('ResourceExhausted')
  expect(codeOf('192.0.2.2')).toBe('entered')
  first.finish()
  expect(codeOf('192.0.2.1')).toBe('entered')
  expect(codeOf('192.0.2.1')).toBe('ResourceExhausted')
})

describe.each(gatewayProtocols)('by %s', (protocol) => {
  test.each(['of a service', 'through a gateway'])(
    'streams beyond the bound are refused: %s',
    async (place) => {
      const implementation = {
        async *watchAggregatedRatings() {
          yield { aggregatedRating: record }
          await never
        },
        getRating: () => ({ rating: { ...record, value: 4 } }),
      }
      const few = { streamsPerClientMax: 3 }
      const isService = place === 'of a service'
      await using instance = await startInstance(implementation, { limits: isService ? few : {} })
      await using gateway = await startGateway([instance.url], {}, isService ? {} : few)
      const client = gateway.rating(protocol)
      const leaving = new AbortController()
      const { signal } = leaving
      const open = () =>
        client.watchAggregatedRatings({ records: [record] }, { signal })[Symbol.asyncIterator]()
      const watches = [open(), open(), open()]
      for (const watch of watches) expect((await watch.next()).done).toBe(false)
      const refused = await failureOf(open().next())
      expect([refused.code, refused.rawMessage]).toEqual([
        Code.ResourceExhausted,
        'a client may have 3 streams open at once: close some first',
      ])
      expect((await client.getRating({ ...record, userId: 'ada' })).rating?.value).toBe(4)
      leaving.abort()
    },
  )
})

alsoOnDenoAndNode(import.meta.filename)
