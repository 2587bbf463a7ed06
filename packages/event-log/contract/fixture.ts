import { waitFor } from '@marquee/testing/wait-for'
import type {
  ConsumeOptions,
  Consumption,
  EventLog,
  LogRecord,
  NewRecord,
  RecordBatch,
} from '../port.ts'

/**
 * A place where an adapter keeps its records. Records that are appended through one `EventLog` are
 * read through another.
 */
export interface EventLogPlace extends AsyncDisposable {
  /** Opens the log. New topics get `partitionCount` partitions. */
  open(): Promise<EventLog>
}

export type CreatePlace = () => Promise<EventLogPlace>

/** Number of partitions of a new topic at an `EventLogPlace`. */
export const partitionCount = 4

/** Number of keys that `numbered` uses. */
export const keyCount = 40

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** An open log, with a topic of its own. */
export interface Fixture extends AsyncDisposable {
  readonly log: EventLog
  readonly topic: string
  read(options?: ReadOptions): Promise<Reader>
}

export type ReadOptions = Partial<ConsumeOptions> & {
  /** Receives the position of each partition after each batch. */
  readonly shared?: Map<number, number>
  /** True to start where the group left off, rather than at the oldest record. */
  readonly resumes?: boolean
}

export type SeenRecord = LogRecord & { readonly partition: number }

/** A consumer that records what it is given. */
export interface Reader {
  readonly consumption: Consumption
  /** Everything that `handle` was given, whether it failed or not. */
  readonly seen: readonly SeenRecord[]
  readonly batches: readonly RecordBatch[]
  /** Returns the values seen, as text. */
  texts(): string[]
  /** Returns the record with this value. */
  at(value: string): SeenRecord
  /** Resolves when this many records have been seen. */
  hasSeen(count: number): Promise<unknown>
}

/** Opens a fixture at a new place. */
export async function openFixture(createPlace: CreatePlace): Promise<Fixture> {
  const place = await createPlace()
  const fixture = await fixtureAt(place)
  return {
    ...fixture,
    async [Symbol.asyncDispose]() {
      await fixture[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}

/** Opens a fixture at a place that others may use too. */
export async function fixtureAt(place: EventLogPlace, topic = uniqueTopic()): Promise<Fixture> {
  const log = await place.open()
  return {
    log,
    topic,
    read: (options = {}) => startReader(log, { topic, ...options }),
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  }
}

async function startReader(
  log: EventLog,
  { shared, resumes, ...options }: ReadOptions & { topic: string },
): Promise<Reader> {
  const seen: SeenRecord[] = []
  const batches: RecordBatch[] = []
  const consumption = await log.consume({
    group: `readers of ${options.topic}`,
    batchSizeMax: 100,
    ...(!resumes && { position: async () => undefined }),
    ...options,
    async handle(batch) {
      seen.push(...batch.records.map((record) => ({ ...record, partition: batch.partition })))
      batches.push(batch)
      const next = (batch.records.at(-1)?.offset ?? 0) + 1
      const position = options.handle ? await options.handle(batch) : next
      shared?.set(batch.partition, position)
      return position
    },
  })
  return {
    consumption,
    seen,
    batches,
    texts: () => seen.map(text),
    at(value) {
      const found = seen.find((record) => text(record) === value)
      if (found === undefined) throw new Error(`${value} was not seen`)
      return found
    },
    hasSeen: (count) =>
      waitFor(() => seen.length >= count, { what: `${count} records to be delivered` }),
  }
}

export function uniqueTopic(): string {
  return `contract-${crypto.randomUUID()}`
}

export function text(record: { readonly value: Uint8Array | null } | undefined): string {
  return decoder.decode(record?.value ?? undefined)
}

/** Returns the key as text, or `undefined` for no key. */
export function keyText({ key }: LogRecord): string | undefined {
  return key === null ? undefined : decoder.decode(key)
}

export function lagOf(consumption: Consumption): number {
  return consumption.progress().reduce((sum, { lag }) => sum + lag, 0)
}

/** Returns records with the values `from` to `until - 1`, over 40 keys. */
export function numbered(from: number, until: number): NewRecord[] {
  return Array.from({ length: until - from }, (_, index) => {
    const value = String(from + index)
    return { key: `key ${(from + index) % keyCount}`, value: encoder.encode(value) }
  })
}

/** Returns the same records under one key, and so in one partition. */
export function oneKey(from: number, until: number): NewRecord[] {
  return numbered(from, until).map(({ value }) => ({ key: 'the only key', value }))
}
