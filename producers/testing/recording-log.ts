import type { LogRecord } from '@marquee/event-log/port'
import { openEventLogAt } from '../config.ts'

/** Maximum time to wait for records, in milliseconds. */
const waitMaxMs = 10_000

/** Reads the first `count` records of the topic `ratings`, in the order of delivery. */
export async function readRatingEvents(path: string, count: number): Promise<LogRecord[]> {
  const read: LogRecord[] = []
  const complete = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    complete.reject(new Error(`${read.length} records came, not ${count}`))
  }, waitMaxMs)
  const eventLog = await openEventLogAt(path)
  try {
    await using _consumption = await eventLog.consume({
      topic: 'ratings',
      group: crypto.randomUUID(),
      batchSizeMax: 1_000,
      position: async () => undefined,
      async handle({ records }) {
        read.push(...records)
        if (read.length >= count) complete.resolve()
        return (records.at(-1)?.offset ?? 0) + 1
      },
    })
    await complete.promise
  } finally {
    clearTimeout(timer)
    await eventLog[Symbol.asyncDispose]()
  }
  return read
}
