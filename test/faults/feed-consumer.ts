import { setTimeout as delay } from 'node:timers/promises'
import type { EventLog, LogRecord } from '@marquee/event-log/port'
import type { SeededRandom } from './seeded-random.ts'

/** Consumer of a topic of the feed, which keeps the last value of each key. */
export interface FeedConsumer {
  /** Returns the values by key. Deleted ones are left out. */
  values(): ReadonlyMap<string, string>
  /** Resolves when the signal is aborted. Rejects when a record cannot be read. */
  readonly done: Promise<void>
  /** Returns how often the consumer was restarted. */
  restarts(): number
}

interface Checkpoint {
  readonly offsets: readonly number[]
  readonly values: ReadonlyMap<string, string>
}

/** Number of reads between two checkpoints, at most, and one restart in so many reads. */
const checkpointReadsMax = 8
const readsPerRestart = 25
const countMax = 500
const pauseMs = 20
/** Number of failures in a row that a consumer survives: Kafka needs a moment for a new topic. */
const failuresMax = 500

const beginning: Checkpoint = { offsets: [], values: new Map() }

/** Follows a topic by offsets of its own. At times it restarts, from its last checkpoint. */
export function followTopic(
  eventLog: Pick<EventLog, 'read' | 'ends'>,
  topic: string,
  { random, signal }: { readonly random: SeededRandom; readonly signal: AbortSignal },
): FeedConsumer {
  let saved = beginning
  let offsets: number[] = []
  let values = new Map<string, string>()
  let restarts = 0

  function restart(): void {
    offsets = [...saved.offsets]
    values = new Map(saved.values)
    restarts++
  }

  async function readOnce(): Promise<void> {
    const ends = await eventLog.ends(topic)
    for (const partition of ends.keys()) {
      const offset = offsets[partition] ?? 0
      const slice = await eventLog.read(topic, { partition, offset, countMax })
      for (const record of slice?.records ?? []) take(record)
      offsets[partition] = (slice?.records.at(-1)?.offset ?? offset - 1) + 1
    }
  }

  function take({ key, value }: LogRecord): void {
    const name = Buffer.from(key ?? []).toString()
    if (value === null) values.delete(name)
    else values.set(name, Buffer.from(value).toString())
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      try {
        await readOnce()
        failures = 0
      } catch (error) {
        failures++
        if (failures > failuresMax) throw error
        restart()
      }
      if (random.integer(1, readsPerRestart) === 1) restart()
      else if (random.integer(1, checkpointReadsMax) === 1) {
        saved = { offsets: [...offsets], values: new Map(values) }
      }
      await delay(pauseMs)
    }
  }

  return { values: () => values, done: run(), restarts: () => restarts }
}
