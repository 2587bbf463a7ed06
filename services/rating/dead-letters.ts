import type { EventLog, LogRecord, Slice } from '@marquee/event-log/port'

/** A record of the topic of dead letters. */
export interface DeadLetter {
  readonly partition: number
  readonly record: LogRecord
}

/** A dead letter without its value. */
export interface DeadLetterHead {
  readonly partition: number
  readonly record: Omit<LogRecord, 'value'>
  /** Undefined when the event had no value. */
  readonly valueBytes: number | undefined
}

/** For each partition the offset before which a list goes on. */
export type DeadLetterPosition = readonly number[]

export interface DeadLetterPage {
  /** The newest first. */
  readonly letters: readonly DeadLetterHead[]
  /** Where the next page begins; undefined after the last letter. */
  readonly next: DeadLetterPosition | undefined
}

/** The events that were put aside. */
export interface DeadLetters {
  /** At most `limit` of them, before the position or from the newest on. Fewer where offsets have large gaps. */
  list(limit: number, before?: DeadLetterPosition): Promise<DeadLetterPage>
  get(partition: number, offset: number): Promise<DeadLetter | undefined>
}

/** How often a partition is looked at further back, each time twice as far, where no letters were. */
const stepsMax = 6

/** Reads the topic of dead letters, `ratings.dlq` unless told, without consuming it. */
export function createDeadLetters(
  eventLog: Pick<EventLog, 'ends' | 'read'>,
  topic = 'ratings.dlq',
): DeadLetters {
  const read = (partition: number, offset: number, countMax: number) =>
    eventLog.read(topic, { partition, offset, countMax })

  return {
    async list(limit, before) {
      const ends = before ?? (await eventLog.ends(topic))
      const runs: Run[] = []
      // One after the other: values are large at times.
      for (const [partition, end] of ends.entries()) {
        runs.push(await readBackwards(partition, end, limit, read))
      }
      const letters = takeNewest(runs, limit)
      const isLast = runs.every(({ letters, isWhole }) => letters.length === 0 && isWhole)
      return { letters, next: isLast ? undefined : runs.map(({ before }) => before) }
    },

    async get(partition, offset) {
      const [record] = (await read(partition, offset, 1))?.records ?? []
      return record?.offset === offset ? { partition, record } : undefined
    },
  }
}

/** The letters of a partition before an offset, as far as they are known. */
interface Run {
  /** The oldest first. */
  readonly letters: DeadLetterHead[]
  /** Whether there are no others before them. */
  readonly isWhole: boolean
  /** Where the partition goes on, further back, once its known letters that are not left here were told. */
  before: number
}

type Read = (partition: number, offset: number, countMax: number) => Promise<Slice | undefined>

async function readBackwards(
  partition: number,
  end: number,
  limit: number,
  read: Read,
): Promise<Run> {
  let from = end
  for (let step = 0; step < stepsMax && from > 0; step++) {
    const until = from
    from = Math.max(0, until - limit * 2 ** step)
    const { letters, oldest } = await readBetween(partition, from, until, limit, read)
    const isWhole = from <= oldest
    if (letters.length > 0 || isWhole) {
      // One letter more than asked for would be of no use; those before it are read again for the next page.
      const kept = letters.slice(-limit)
      const before = kept.length < letters.length ? (kept[0]?.record.offset ?? from) : from
      return { letters: kept, isWhole: isWhole && kept.length === letters.length, before }
    }
  }
  return { letters: [], isWhole: from === 0, before: from }
}

async function readBetween(
  partition: number,
  from: number,
  until: number,
  limit: number,
  read: Read,
) {
  const letters: DeadLetterHead[] = []
  let oldest = 0
  for (let at = from; at < until; ) {
    const slice = await read(partition, at, limit)
    oldest = slice?.oldest ?? until
    const found = (slice?.records ?? []).filter(({ offset }) => offset < until)
    letters.push(...found.map((record) => withoutValue(partition, record)))
    at = (found.at(-1)?.offset ?? until) + 1
  }
  return { letters, oldest }
}

function withoutValue(partition: number, { value, ...record }: LogRecord): DeadLetterHead {
  return { partition, record, valueBytes: value?.length }
}

/**
 * Takes the newest letters out of the runs. It ends early where the next letter of a partition is not known: it may be
 * newer than all others.
 */
function takeNewest(runs: readonly Run[], limit: number): DeadLetterHead[] {
  const taken: DeadLetterHead[] = []
  while (taken.length < limit) {
    if (runs.some(({ letters, isWhole }) => letters.length === 0 && !isWhole)) break
    const newest = runs.reduce<Run | undefined>(newerOf, undefined)
    const letter = newest?.letters.pop()
    if (newest === undefined || letter === undefined) break
    taken.push(letter)
  }
  for (const run of runs) {
    const last = run.letters.at(-1)
    if (last !== undefined) run.before = last.record.offset + 1
  }
  return taken
}

function newerOf(best: Run | undefined, run: Run): Run | undefined {
  const last = run.letters.at(-1)
  if (last === undefined) return best
  const bestTimeMs = best?.letters.at(-1)?.record.timestampMs ?? Number.NEGATIVE_INFINITY
  return last.record.timestampMs > bestTimeMs ? run : best
}
