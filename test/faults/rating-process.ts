import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { ExpectedRatings } from './expected-ratings.ts'
import { recordIds, toRecord } from './rating-events.ts'
import type { Append } from './rating-producer.ts'

export type RatingClient = Client<typeof RatingService>

/** @param url where a rating service listens, or will. */
export function ratingClient(url: string): RatingClient {
  return createClient(RatingService, createConnectTransport({ baseUrl: url }))
}

/** The aggregates of all records that are rated, in order of id. */
export async function readAggregates(client: RatingClient) {
  const records = recordIds.toSorted().map((recordId) => ({ recordId, recordType: 'movie' }))
  return (await client.batchGetAggregatedRatings({ records })).aggregatedRatings
}

/** The user's rating of the record, or undefined. */
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

/** Appends a last event for each record: when it has been applied, all before it have been. */
export async function everythingApplied(
  append: Append,
  client: RatingClient,
  expected: ExpectedRatings,
): Promise<void> {
  const userId = `last-${crypto.randomUUID()}`
  await append(recordIds.map((recordId) => toRecord({ recordId, userId, value: 5 })))
  for (const recordId of recordIds) {
    expected.set(recordId, userId, 5)
    await waitFor(() => readRating(client, recordId, userId), {
      what: `the last event of ${recordId}`,
      timeoutMs: 30_000,
    })
  }
}

/** The sum of a metric over its labels, as the process tells it. */
export async function readMetric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const lines = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'))]
  return lines.reduce((sum, [, value]) => sum + Number(value), 0)
}
