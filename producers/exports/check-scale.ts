import type { Client } from '@connectrpc/connect'
import type { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import type { RecordRef } from '../../services/rating/rating.ts'
import { createScale, type Scale, scaleText } from '../../services/rating/scale.ts'

type Watch = Pick<Client<typeof RatingService>, 'watchAggregatedRatings'>

/**
 * Throws when movies have another scale in the service: 4 of 5 must not become 4 of 10. Reads the
 * scale by a watch, which returns it for a record that nobody has rated, too.
 */
export async function checkScale(client: Watch, movieId: string, target: Scale): Promise<void> {
  const actual = await readScaleText(client, { recordType: 'movie', recordId: movieId })
  const expected = scaleText(target)
  if (actual === undefined || actual === expected) return
  const advice = `set --target-scale ${actual}`
  throw new Error(
    `movies have the scale ${actual} in the rating service, not ${expected}: ${advice}`,
  )
}

/** Returns the scale of a record type in the service. */
export async function readScale(client: Watch, record: RecordRef): Promise<Scale> {
  const text = await readScaleText(client, record)
  if (text === undefined) throw new Error(`the rating service has no scale of ${record.recordType}`)
  return createScale(text)
}

async function readScaleText(client: Watch, record: RecordRef): Promise<string | undefined> {
  const records = [record]
  const enough = new AbortController()
  const { signal } = enough
  let text: string | undefined
  try {
    for await (const { aggregatedRating } of client.watchAggregatedRatings(
      { records },
      { signal },
    )) {
      const scale = aggregatedRating?.scale
      if (scale !== undefined) text = scaleText(scale)
      // Not `break`: only an error or the end clears the deadline, which keeps the process alive.
      enough.abort()
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return text
}
