import { expect } from 'bun:test'
import { isDeepStrictEqual } from 'node:util'
import { type MessageShape, toJson } from '@bufbuild/protobuf'
import { waitFor } from '@marquee/testing/wait-for'
import type { RatingJson } from '@marquee/testing/watch-protocols'
import { AggregatedRatingSchema, RatingSchema } from '../../gen/rating/v1/rating_pb.ts'
import type { FeedConsumer } from './feed-consumer.ts'
import { type ResumingWatch, watchedStates } from './feed-watch.ts'
import { type RatingClient, readAggregates } from './rating-process.ts'

export interface Followers {
  readonly changes: FeedConsumer
  readonly aggregates: FeedConsumer
  readonly watches: readonly ResumingWatch[]
}

/** Maximum time until everything is published: the lease of a killed process ends within 10 s. */
const publishTimeoutMs = 40_000

type Entry = readonly [string, unknown]

/** Waits until all followers have the state of the service, and expects exactly that state. */
export async function expectFollowed(client: RatingClient, followers: Followers): Promise<void> {
  const truth = await readTruth(client)
  const read = () => ({
    changes: sorted(followers.changes.values()),
    aggregates: sorted(followers.aggregates.values()),
    watched: Object.fromEntries(
      followers.watches.map(({ selection, states }) => [selection, states().map(inOneForm)]),
    ),
  })
  const isSame = () => isDeepStrictEqual(read(), truth)
  const wait = { what: 'the feed to have the state of the service', timeoutMs: publishTimeoutMs }
  await waitFor(isSame, wait).catch(() => undefined)
  expect(read()).toEqual(truth)
}

async function readTruth(client: RatingClient) {
  const changes = new Map<string, string>()
  for await (const { rating } of client.exportRatings({ of: { case: 'allUsers', value: true } })) {
    if (rating === undefined) continue
    const { recordType, recordId, userId } = rating
    const key = JSON.stringify([recordType, recordId, userId])
    // The feed has no etags: a record has the revision.
    changes.set(key, JSON.stringify(toJson(RatingSchema, { ...rating, etag: '' })))
  }
  const found = (await readAggregates(client)).map(toAggregateJson)
  const aggregates = new Map(found.map((one) => [keyOf(one), JSON.stringify(one)]))
  const topRated = await client.listTopRated({ recordType: 'movie' })
  const watched = watchedStates(found, topRated.aggregatedRatings.map(toAggregateJson))
  return {
    changes: sorted(changes),
    aggregates: sorted(aggregates),
    watched: Object.fromEntries(
      Object.entries(watched).map(([name, states]) => [name, states.map(inOneForm)]),
    ),
  }
}

function toAggregateJson(aggregate: MessageShape<typeof AggregatedRatingSchema>): AggregateJson {
  return toJson(AggregatedRatingSchema, aggregate) as unknown as AggregateJson
}

interface AggregateJson extends RatingJson {
  readonly recordType: string
}

function keyOf({ recordType, recordId }: AggregateJson): string {
  return JSON.stringify([recordType, recordId])
}

function sorted(values: ReadonlyMap<string, string>): Entry[] {
  const entries = [...values].map(([key, text]): Entry => [key, inOneForm(JSON.parse(text))])
  return entries.toSorted(([one], [other]) => (one < other ? -1 : 1))
}

/** Brings the time into one form: "…:00Z" is "…:00.000Z". */
function inOneForm(value: object): object {
  const { updateTime } = value as { updateTime: string }
  return { ...value, updateTime: Date.parse(updateTime) }
}
