import { setTimeout as delay } from 'node:timers/promises'
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { waitFor } from '@marquee/testing/wait-for'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import type { ExpectedRatings } from './expected-ratings.ts'
import { recordIds, toRecord } from './rating-events.ts'
import type { Append } from './rating-producer.ts'

export type RatingClient = Client<typeof RatingService>

/** @param url URL of a rating service, which may start later. */
export function ratingClient(url: string): RatingClient {
  return createClient(RatingService, createConnectTransport({ baseUrl: url }))
}

/** Returns the aggregates of all rated records, by id. */
export async function readAggregates(client: RatingClient) {
  const records = recordIds.toSorted().map((recordId) => ({ recordId, recordType: 'movie' }))
  return (await client.batchGetAggregatedRatings({ records })).aggregatedRatings
}

/** Returns the user's rating of the record, or `undefined`. */
export async function readRating(
  client: RatingClient,
  recordId: string,
  userId: string,
): Promise<number | undefined> {
  try {
    const { rating } = await client.getRating({ recordId, userId, recordType: 'movie' })
    return rating?.value
  } catch (error) {
    if (ConnectError.from(error).code === Code.NotFound) return undefined
    throw error
  }
}

/**
 * Appends a last event for each record by a new user, and returns the user. When it is applied, all
 * earlier events are.
 */
export async function everythingApplied(
  append: Append,
  client: RatingClient,
  expected: ExpectedRatings,
): Promise<string> {
  const userId = `last-${crypto.randomUUID()}`
  await append(recordIds.map((recordId) => toRecord({ recordId, userId, value: 5 })))
  for (const recordId of recordIds) {
    expected.set(recordId, userId, 5)
    await waitFor(() => readRating(client, recordId, userId), {
      what: `the last event of ${recordId}`,
      timeoutMs: 30_000,
    })
  }
  return userId
}

/** Returns the sum of a metric over its labels. */
export async function readMetric(url: string, name: string): Promise<number> {
  const samples = await readSamples(url, name)
  return samples.reduce((sum, { value }) => sum + value, 0)
}

/** Returns the partitions that the process has now. */
export async function readPartitions(url: string): Promise<string[]> {
  const samples = await readSamples(url, 'marquee_ingest_lag_events')
  return samples.map(({ labels }) => /partition="(\d+)"/.exec(labels)?.[1] ?? '')
}

async function readSamples(url: string, name: string) {
  const text = await (await fetch(`${url}/metrics`)).text()
  const lines = text.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'))
  return Array.from(lines, ([, labels = '', value]) => ({ labels, value: Number(value) }))
}

/** Returns why the process is not ready, or `undefined` when it is. */
export async function readProblem(url: string): Promise<string | undefined> {
  const response = await fetch(`${url}/readyz`)
  return response.ok ? undefined : await response.text()
}

export interface CallsProbe {
  /** Stops the probes, and returns their number and failures. */
  stop(): Promise<{ readonly count: number; readonly failures: readonly string[] }>
}

/**
 * Repeatedly requests the aggregate of a rated record, and the health of the service
 * (`grpc.health.v1`). Both must succeed whatever happens to the event log.
 */
export function probeCalls(url: string, recordId: string): CallsProbe {
  const ratings = ratingClient(url)
  const health = createClient(Health, createConnectTransport({ baseUrl: url }))
  const failures: string[] = []
  let count = 0
  let stopped = false

  async function probe(): Promise<void> {
    await ratings.getAggregatedRating({ recordId, recordType: 'movie' })
    const { status } = await health.check({ service: RatingService.typeName })
    if (status !== ServingStatus.SERVING) failures.push(`the health is ${status}`)
  }

  async function run(): Promise<void> {
    while (!stopped) {
      await probe().catch((error) => failures.push(String(error)))
      count += 1
      await delay(20)
    }
  }

  const running = run()
  return {
    async stop() {
      stopped = true
      await running
      return { count, failures }
    },
  }
}
