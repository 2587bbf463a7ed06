import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Code, createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { Health } from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { describeWith, testWith } from '@marquee/testing/requirements'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { ActivityService } from '../../gen/system/v1/system_pb.ts'
import type { Cell } from '../matrix/client.ts'
import { connectNodeClient } from '../matrix/connect-node-client.ts'
import { curlClient } from '../matrix/curl-client.ts'
import { perform } from '../matrix/operations.ts'
import type { Service } from '../matrix/service.ts'
import { cells, gapOf } from '../matrix/table.ts'
import { type Platform, platforms } from './platforms.ts'

const clients = [connectNodeClient, curlClient]
const driven = cells.filter(
  (cell) => clients.includes(cell.client) && cell.http === '1.1' && gapOf(cell) === undefined,
)

for (const platform of platforms) {
  describeWith(platform.found, `rating on ${platform.name}`, () => {
    let service: Service
    beforeAll(async () => {
      service = await platform.start('rating')
    }, 60_000)
    afterAll(() => service[Symbol.asyncDispose]())

    describe.concurrent('responses', () => {
      for (const cell of driven.filter((cell) => !isGap(platform, cell))) {
        testWith(cell.client.found, nameOf(cell), async (open) => {
          await using session = await open(cell, service.url)
          const recordId = nameOf(cell).replace(/[^\w.]+/g, '-')
          await perform[cell.operation]({ cell, session, service, recordId })
        })
      }
    })

    test('a stream brings what changes', async () => {
      const client = createClient(RatingService, createConnectTransport({ baseUrl: service.url }))
      const record = { recordId: 'streamed', recordType: 'movie' }
      const counts: (bigint | undefined)[] = []
      for await (const { aggregatedRating } of client.watchAggregatedRatings({
        records: [record],
      })) {
        counts.push(aggregatedRating?.count)
        if (counts.length === 2) break
        await client.putRating({ ...record, userId: 'ann', value: 5 })
      }
      expect(counts).toEqual([0n, 1n])
    })

    test('Server-Sent Events bring what changes, and resume', async () => {
      const url = `${service.url}/rating/watch?type=movie&id=events`
      const put = () =>
        fetch(`${service.url}/rating?type=movie&id=events&userId=ann&value=${1 + (puts++ % 5)}`, {
          method: 'PUT',
        })
      let puts = 0
      const firstEvent = async (since: string) => {
        const headers = { accept: 'text/event-stream', 'last-event-id': since }
        const reader = (await fetch(url, { headers })).body?.getReader()
        const text = new TextDecoder().decode((await reader?.read())?.value)
        await reader?.cancel()
        return text
      }
      await put()
      const first = await firstEvent('0')
      expect(first).toMatch(/event: rating\ndata: {.*"count":"1"/)
      const id = /^id: (\d+)$/m.exec(first)?.[1] ?? ''
      expect(await firstEvent(id)).toContain(`id: ${id}\nevent: resume\n`)
      await put()
      expect(await firstEvent(id)).toMatch(/event: rating\ndata: {.*"mean":2,/)
    })

    test('gRPC is refused with the reason', async () => {
      const response = await fetch(`${service.url}/${RatingService.typeName}/GetRating`, {
        method: 'POST',
        headers: { 'content-type': 'application/grpc' },
        body: new Uint8Array(5),
      })
      expect(response.headers.get('content-type')).toBe('application/grpc')
      expect(response.headers.get('grpc-status')).toBe(`${Code.Unimplemented}`)
      expect(response.headers.get('grpc-message')).toContain('call it by gRPC-Web or Connect')
    })

    test('health, activity and the probes respond', async () => {
      const transport = createConnectTransport({ baseUrl: service.url })
      await createClient(Health, transport).check({})
      const { activity } = await createClient(ActivityService, transport).getActivity({})
      expect(activity?.service).toBe('rating')
      expect((await fetch(`${service.url}/readyz`)).status).toBe(200)
      expect((await fetch(`${service.url}/metrics`)).status).toBe(404)
    })
  })
}

/** At its deadline a client that keeps time may leave before the service ends the call. */
function isGap({ gap }: Platform, { client, operation }: Cell): boolean {
  if (gap === undefined) return false
  return gap.operations.includes(operation) || (operation === 'deadline' && client.keepsTime)
}

function nameOf({ client, protocol, operation }: Cell): string {
  return `${client.name}: ${protocol}: ${operation}`
}
