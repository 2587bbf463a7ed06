import { join } from 'node:path'
import { createEmbeddedEventLog } from '@marquee/event-log/embedded/embedded'
import type { Services } from './services.ts'

/** Appends rating events to the event log from outside, all to the partition of one record. */
export async function appendEvents(
  { data }: Pick<Services, 'data'>,
  key: string,
  values: readonly string[],
): Promise<void> {
  const path = join(data, 'events.db')
  await using eventLog = createEmbeddedEventLog({ path, partitions: 4 })
  const encoder = new TextEncoder()
  await eventLog.append(
    'ratings',
    values.map((value) => ({ key, value: encoder.encode(value) })),
  )
}

/** Appends two events that cannot be applied, each for another reason. */
export async function appendPoison(services: Pick<Services, 'data'>): Promise<void> {
  const recordId = 'the-matrix-1999'
  const offScale = { userId: '9', recordId, recordType: 'movie', value: 9 }
  await appendEvents(services, recordId, ['not JSON', JSON.stringify(offScale)])
}
