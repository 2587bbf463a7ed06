import type { EventLog, LogRecord, Slice } from '@marquee/event-log/port'

/** Record of the dead-letter topic. */
export interface DeadLetter {
  readonly partition: number
  readonly record: LogRecord
}

/** Dead letter without its value. */
export interface DeadLetterHead {
  readonly partition: number
  readonly record: Omit<LogRecord, 'value'>
  /** Size of the value, or `undefined` when the event had none. */
  readonly valueBytes: number | undefined
}

/** Offsets, one per partition, before which a list continues. */
export type DeadLetterPosition = readonly number[]

export interface DeadLetterPage {
  /** Dead letters, the newest first. */
  readonly letters: readonly DeadLetterHead[]
  /** Position of the next page, or `undefined` after the last dead letter. */
  readonly next: DeadLetterPosition | undefined
}

/** Reads the dead-letter topic. */
export interface DeadLetters {
  /**
   * Returns at most `limit` dead letters before the position, or the newest ones. Returns fewer
   * where offsets have large gaps.
   */
  list(limit: number, before?: DeadLetterPosition): Promise<DeadLetterPage>
  get(partition: number, offset: number): Promise<DeadLetter | undefined>
}

/** Maximum number of steps back in a partition without dead letters. Each step is twice as long. */
const stepsMax = 6

/** Reads the dead-letter topic without consuming it. Default: `ratings.dlq`. */
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
      // Sequentially, because values may be large.
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

/** Known dead letters of a partition before an offset. */
interface Run {
  /** Dead letters, the oldest first. */
  readonly letters: DeadLetterHead[]
  /** `true` when no other dead letters are before them. */
  readonly isWhole: boolean
  /** Offset before which the next page of the partition begins. */
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
      // Dead letters beyond the limit are dropped, and read again for the next page.
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
 * Takes the newest dead letters out of the runs. Stops early when the next one of a partition is
 * not known, because it may be newer than all others.
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
