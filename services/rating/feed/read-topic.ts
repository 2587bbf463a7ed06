import type { EventLog, LogRecord } from '@marquee/event-log/port'

const countMax = 1_000

/** Yields every record of a topic up to the ends, partition by partition. Default: its current ends. */
export async function* readTopic(
  log: Pick<EventLog, 'read' | 'ends'>,
  topic: string,
  ends?: readonly number[],
): AsyncGenerator<LogRecord> {
  for (const [partition, end] of (ends ?? (await log.ends(topic))).entries()) {
    let offset = 0
    while (offset < end) {
      const slice = await log.read(topic, { partition, offset, countMax })
      yield* (slice?.records ?? []).filter((record) => record.offset < end)
      const last = slice?.records.at(-1)
      if (last === undefined) break
      offset = last.offset + 1
    }
  }
}
