/** A header of a record: a name may come several times, and their order is kept. */
export interface RecordHeader {
  readonly name: string
  /** `null` for a header without a value, which is not an empty one. */
  readonly value: Uint8Array | null
}

/** A record to append. */
export interface NewRecord {
  /**
   * Records with the same key go to the same partition, and so stay in order. A text stands for its UTF-8; `null` for no
   * key, which is not an empty one.
   */
  readonly key: string | Uint8Array | null
  /** `null` for no value, which is not an empty one. */
  readonly value: Uint8Array | null
  readonly headers?: readonly RecordHeader[]
}

/** A record of a partition. */
export interface LogRecord {
  /** Grows from record to record within a partition; not every offset need exist. */
  readonly offset: number
  /** Byte for byte as it was appended; so are value and headers. */
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
  /** When it was appended, in milliseconds since the Unix epoch. */
  readonly timestampMs: number
}

/** Consecutive records of one partition, oldest first, at least one. */
export interface RecordBatch {
  readonly partition: number
  /** What `identity` returned after the records had been read. */
  readonly log: string
  /** What `position`, or `handle` for the batch before this one, has answered. */
  readonly position: number | undefined
  readonly records: readonly LogRecord[]
}

/** Which records to read. */
export interface ReadOptions {
  readonly partition: number
  /** Where to start, 0 or more. */
  readonly offset: number
  /** How many records to answer at most, 1 or more. */
  readonly countMax: number
}

/** Some records of a partition, and where it begins and ends. */
export interface Slice {
  /** Oldest first. */
  readonly records: readonly LogRecord[]
  /** The offset of the oldest record that is still there; that of the next one when there is none. */
  readonly oldest: number
  /** The offset that the next record will get. */
  readonly end: number
}

export interface ConsumeOptions {
  readonly topic: string
  /** Where the log has `groups`, one consumer of the group at a time reads a partition. */
  readonly group: string
  /**
   * Returns whose consumer it is; called when it joins. Where the log can tell (Kafka), a consumer does not join a group in which one of another
   * installation is: `failure` is a `GroupTakenError` until that one has left.
   */
  installation?(): Promise<string>
  /** How many records a batch holds at most. */
  readonly batchSizeMax: number
  /**
   * The offset at which to start reading a partition; undefined for the oldest record. Asked at each assignment. Without
   * it, a partition is read from where the group's consumers left it, or from the oldest record; after a crash some
   * records may come again.
   */
  position?(partition: number): Promise<number | undefined>
  /**
   * Takes a batch, and answers the offset to go on with. Batches of one partition come one after the other. When it
   * rejects, the batch is delivered again after a back-off. When it rejects with a `PositionLostError`, `position` is
   * called again first.
   */
  handle(batch: RecordBatch): Promise<number>
  /** Told of each failure that is retried, for the log and the metrics. */
  onError?(error: Error): void
}

/** How far a consumer has come in one partition. */
export interface PartitionProgress {
  readonly partition: number
  /** The offset of the next record to be handled. */
  readonly position: number
  /** How many records wait from there on. */
  readonly lag: number
  /** True from a failure (of `position`, of `handle` or of the log) until a step of the partition succeeds again. */
  readonly failing: boolean
}

/** A running consumer. Disposing it finishes the batch at hand, then stops. */
export interface Consumption extends AsyncDisposable {
  /** The partitions assigned to this consumer at present, as last seen. Never waits. */
  progress(): readonly PartitionProgress[]
  /** When the log was last asked for records, in milliseconds since the Unix epoch; undefined before the first time. */
  lastPollTimeMs(): number | undefined
  /** How often the consumer broke and was started anew. */
  restarts(): number
  /** Who reads the partitions, for a person, where this consumer has none and waits for one. */
  waitsFor(): string | undefined
  /** Why the log is not read at present; undefined while it is, also when others of the group read all of it. */
  failure(): Error | undefined
}

/** Why a record is not appended: it is larger than the log takes. It never will be, however often it is tried. */
export class RecordTooLargeError extends Error {
  override readonly name = 'RecordTooLargeError'
}

/** What an adapter can do beyond the rest of the port. The contract suite tests what an adapter claims here. */
export interface EventLogCapabilities {
  /** Whether records survive the end of the process. */
  readonly durable: boolean
  /** Who may have the log open at the same time: one opening, processes of one machine, or of several machines. */
  readonly shared: 'process' | 'machine' | 'network'
  /** Whether a topic has as many partitions as configured; otherwise it has one. */
  readonly partitions: boolean
  /** Which records are delivered in the order in which they were appended: those of each key, or all of a topic. */
  readonly ordering: 'key' | 'topic'
  /**
   * Whether the consumers of a group share the partitions, replace each other, and continue where the group stopped.
   * Otherwise each consumer reads everything, from its own `position`.
   */
  readonly groups: boolean
}

/**
 * A log of records in topics, each split into partitions, in the manner of Kafka. Records are kept when they have been
 * read; a consumer says itself where it starts. All methods may be called concurrently, also from several processes
 * where the log is `shared`.
 */
export interface EventLog extends AsyncDisposable {
  readonly capabilities: EventLogCapabilities

  /**
   * Appends the records, in order within each key, creating the topic when it is absent. Resolves when they are
   * durable. When it rejects, any part of them may have been appended; with a `RecordTooLargeError` when one of them is.
   */
  append(topic: string, records: readonly NewRecord[]): Promise<void>

  /**
   * Names the log that the topic's records are in at present. A topic that was removed and made again has another
   * identity, and so has another log at the same address. Creates the topic when it is absent.
   */
  identity(topic: string): Promise<string>

  /** The offset that the next record of each partition will get, by partition. Creates the topic when it is absent. */
  ends(topic: string): Promise<readonly number[]>

  /**
   * Looks at records without consuming them: those from the offset on, or from the oldest when it is later. They are
   * fewer than `countMax` where they end or are large; none only where none follow. Undefined when the topic has no such
   * partition. Creates the topic when it is absent.
   */
  read(topic: string, options: ReadOptions): Promise<Slice | undefined>

  /**
   * Starts to consume a topic, creating it when it is absent. Resolves when the first assignment is made, or has been
   * waited for long enough: a log that cannot be reached is tried again and again, and told to `onError`.
   */
  consume(options: ConsumeOptions): Promise<Consumption>
}
