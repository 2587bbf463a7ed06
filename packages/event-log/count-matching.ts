import { setImmediate as eventLoopTurn } from 'node:timers/promises'
import type { EraseOptions, EventLog, LogRecord } from './port.ts'

/** Maximum number of records that are read at once. */
const sliceCountMax = 1_000

/** Receives the records that match in one slice of a partition, at least one. */
type OnMatches = (partition: number, matching: readonly LogRecord[]) => Promise<void>

/**
 * Returns the number of records of the topic that match, up to the current ends. Reads in slices,
 * and lets other tasks run in between.
 */
export async function countMatching(
  log: Pick<EventLog, 'ends' | 'read'>,
  topic: string,
  matches: (record: LogRecord) => boolean,
  options: EraseOptions & { readonly onMatches?: OnMatches } = {},
): Promise<number> {
  let count = 0
  for (const [partition, end] of (await log.ends(topic)).entries()) {
    for await (const records of slices(log, topic, partition, end)) {
      options.signal?.throwIfAborted()
      const matching = records.filter(matches)
      if (matching.length > 0) await options.onMatches?.(partition, matching)
      count += matching.length
    }
  }
  return count
}

async function* slices(
  log: Pick<EventLog, 'read'>,
  topic: string,
  partition: number,
  end: number,
): AsyncGenerator<readonly LogRecord[]> {
  for (let offset = 0; offset < end; ) {
    const slice = await log.read(topic, { partition, offset, countMax: sliceCountMax })
    const last = slice?.records.at(-1)
    if (slice === undefined || last === undefined) return
    yield slice.records.filter((record) => record.offset < end)
    offset = last.offset + 1
    await eventLoopTurn()
  }
}
