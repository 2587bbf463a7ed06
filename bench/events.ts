import type { NewRecord } from '@marquee/event-log/port'
import { createRandom } from '../producers/audience.ts'

export const eventCount = 500_000
const recordCount = 3_000
const userCount = 50_000
/** Events per thousand that delete a rating. */
const deletesPerMille = 50
const seed = 1
const partSize = 5_000

/** Events of a simulated audience, with their expected result. */
export interface Events {
  /** Yields the same events each time, in parts of 5,000. */
  parts(): Iterable<NewRecord[]>
  /** Number of ratings after all events. For each user and record, the last event counts. */
  readonly ratingCount: number
}

export function createEvents(): Events {
  const rated = new Set<string>()
  for (const { userId, recordId, eventType } of generate()) {
    if (eventType === 'put') rated.add(`${userId} ${recordId}`)
    else rated.delete(`${userId} ${recordId}`)
  }
  return {
    ratingCount: rated.size,
    *parts() {
      let part: NewRecord[] = []
      for (const event of generate()) {
        part.push({ key: event.recordId, value: encoder.encode(JSON.stringify(event)) })
        if (part.length < partSize) continue
        yield part
        part = []
      }
      if (part.length > 0) yield part
    },
  }
}

const encoder = new TextEncoder()

function* generate() {
  const random = createRandom(seed)
  const below = (count: number) => Math.floor(random() * count)
  for (let n = 0; n < eventCount; n++) {
    yield {
      userId: String(below(userCount)),
      recordId: String(below(recordCount)),
      recordType: 'movie',
      value: (1 + below(10)) / 2,
      providerId: 'bench',
      eventType: below(1_000) < deletesPerMille ? 'delete' : 'put',
    }
  }
}
