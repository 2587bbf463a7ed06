import type { EventLog } from '../port.ts'
import type { SeenRecord } from './fixture.ts'

/** Returns the records of all partitions, each from the oldest to its current end. */
export async function readAll(
  log: EventLog,
  topic: string,
  countMax = 1_000,
): Promise<SeenRecord[]> {
  const all: SeenRecord[] = []
  for (const partition of (await log.ends(topic)).keys()) {
    for (let offset = 0; ; ) {
      const slice = await log.read(topic, { partition, offset, countMax })
      const last = slice?.records.at(-1)
      if (slice === undefined || last === undefined) break
      all.push(...slice.records.map((record) => ({ ...record, partition })))
      offset = last.offset + 1
    }
  }
  return all
}
