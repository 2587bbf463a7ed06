import process from 'node:process'
import { openEventLog } from '../platform/event-log/open.ts'
import type { EventLog } from '../platform/event-log/port.ts'

/** Where things are when no flag says otherwise: as the environment says, or as `bun start` has them. */
export const defaults = {
  metadataUrl: process.env.METADATA_URL ?? 'http://localhost:8081',
  ratingUrl: process.env.RATING_URL ?? 'http://localhost:8082',
  eventLogPath: process.env.EVENT_LOG ?? 'data/events.db',
}

/** The topic of rating events (proto/rating/v1/rating_event.proto). */
export const ratingsTopic = 'ratings'

/** How many partitions the topic gets when it is new: the default of the rating service. */
const partitions = 4

/** Opens the event log at a path. */
export function openEventLogAt(path: string): Promise<EventLog> {
  return openEventLog({ kind: 'embedded', path, partitions })
}
