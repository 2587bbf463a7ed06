import type { EventLog, LogRecord } from '@marquee/event-log/port'
import { spawnProgram } from '@marquee/testing/process'
import { waitFor } from '@marquee/testing/wait-for'

const topic = 'ratings.dlq'

/** Reads all dead letters. */
export async function readDeadLetters(eventLog: EventLog): Promise<LogRecord[]> {
  const ends = await eventLog.ends(topic)
  const letters: LogRecord[] = []
  await using consumption = await eventLog.consume({
    topic,
    group: `reader-${crypto.randomUUID()}`,
    batchSizeMax: 1_000,
    position: async () => undefined,
    async handle({ records }) {
      letters.push(...records)
      return (records.at(-1)?.offset ?? 0) + 1
    },
  })
  const isRead = () => {
    const progress = consumption.progress()
    return (
      progress.length > 0 && progress.every((one) => one.position >= (ends[one.partition] ?? 0))
    )
  }
  await waitFor(isRead, { what: 'all dead letters', timeoutMs: 30_000 })
  return letters
}

/** Replays the dead letters with the command, and returns their number. */
export async function replayDeadLetters(broker: string): Promise<number> {
  await using program = await spawnProgram({
    runtime: 'bun',
    entry: 'producers/replay-dead-letters.ts',
    env: { KAFKA_BROKERS: broker },
  })
  const { code } = await program.exited
  if (code !== 0) throw new Error(`it ended with ${code}: ${program.stderr()}`)
  return Number(/^replayed +([\d,]+)$/m.exec(program.stdout())?.[1]?.replaceAll(',', ''))
}
