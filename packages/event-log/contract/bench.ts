import { waitFor } from '@marquee/testing/wait-for'
import type {
  ConsumeOptions,
  Consumption,
  EventLog,
  LogRecord,
  NewRecord,
  RecordBatch,
} from '../port.ts'

/** Where an adapter keeps its records: what is appended through one opening is read through another. */
export interface EventLogPlace extends AsyncDisposable {
  /** Opens the log; new topics get `partitionCount` partitions. */
  open(): Promise<EventLog>
}

export type CreatePlace = () => Promise<EventLogPlace>

/** How many partitions a new topic has at an `EventLogPlace`. */
export const partitionCount = 4

/** How many keys `numbered` uses. */
export const keyCount = 40

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** An open log, with a topic of its own. */
export interface Bench extends AsyncDisposable {
  readonly log: EventLog
  readonly topic: string
  read(options?: ReadOptions): Promise<Reader>
}

export type ReadOptions = Partial<ConsumeOptions> & {
  /** Where to note how far each partition has been handled. */
  readonly shared?: Map<number, number>
  /** Whether to start where the group has left off, rather than at the oldest record. */
  readonly goesOn?: boolean
}

export type SeenRecord = LogRecord & { readonly partition: number }

/** A consumer that notes what it is given. */
export interface Reader {
  readonly consumption: Consumption
  /** Everything that handle was given, whether it failed or not. */
  readonly seen: readonly SeenRecord[]
  readonly batches: readonly RecordBatch[]
  /** The values seen, as text. */
  texts(): string[]
  /** The record with this value. */
  at(value: string): SeenRecord
  /** Resolves when this many records have been seen. */
  hasSeen(count: number): Promise<unknown>
}

/** Opens a bench at a place of its own. */
export async function openBench(createPlace: CreatePlace): Promise<Bench> {
  const place = await createPlace()
  const bench = await benchAt(place)
  return {
    ...bench,
    async [Symbol.asyncDispose]() {
      await bench[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
    },
  }
}

/** Opens a bench at the place, which others may use too. */
export async function benchAt(place: EventLogPlace, topic = uniqueTopic()): Promise<Bench> {
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
  { shared, goesOn, ...options }: ReadOptions & { topic: string },
): Promise<Reader> {
  const seen: SeenRecord[] = []
  const batches: RecordBatch[] = []
  const consumption = await log.consume({
    group: `readers of ${options.topic}`,
    batchSizeMax: 100,
    ...(!goesOn && { position: async () => undefined }),
    ...options,
    async handle(batch) {
      seen.push(...batch.records.map((record) => ({ ...record, partition: batch.partition })))
      batches.push(batch)
      const next = (batch.records.at(-1)?.offset ?? 0) + 1
      const answer = options.handle ? await options.handle(batch) : next
      shared?.set(batch.partition, answer)
      return answer
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

/** The key as text; undefined for none. */
export function keyText({ key }: LogRecord): string | undefined {
  return key === null ? undefined : decoder.decode(key)
}

export function lagOf(consumption: Consumption): number {
  return consumption.progress().reduce((sum, { lag }) => sum + lag, 0)
}

/** Records with the values from, from + 1 … until - 1 over 40 keys. */
export function numbered(from: number, until: number): NewRecord[] {
  return Array.from({ length: until - from }, (_, index) => {
    const value = String(from + index)
    return { key: `key ${(from + index) % keyCount}`, value: encoder.encode(value) }
  })
}

/** The same under one key, and so in one partition. */
export function oneKey(from: number, until: number): NewRecord[] {
  return numbered(from, until).map(({ value }) => ({ key: 'the only key', value }))
}
