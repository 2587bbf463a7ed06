/** A header of a record. A name may appear several times, and the order of headers is kept. */
export interface RecordHeader {
  readonly name: string
  /** `null` for a header without a value, which differs from an empty one. */
  readonly value: Uint8Array | null
}

/** A record to append. */
export interface NewRecord {
  /**
   * Records with the same key go to the same partition, and so stay in order. A string stands for
   * its UTF-8. `null` for no key, which differs from an empty one.
   */
  readonly key: string | Uint8Array | null
  /** `null` for no value, which differs from an empty one. */
  readonly value: Uint8Array | null
  readonly headers?: readonly RecordHeader[]
}

/** A record of a partition. */
export interface LogRecord {
  /** Offset, which grows from record to record within a partition. There may be gaps. */
  readonly offset: number
  /** Key, byte for byte as it was appended. The same holds for value and headers. */
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
  /** Time of appending, in milliseconds since the Unix epoch. */
  readonly timestampMs: number
}

/** Consecutive records of one partition, oldest first, at least one. */
export interface RecordBatch {
  readonly partition: number
  /** Result of `identity` after the records were read. */
  readonly log: string
  /**
   * Position that the batch was read from: the result of `position`, or of `handle` for the
   * previous batch.
   */
  readonly position: number | undefined
  readonly records: readonly LogRecord[]
}

/** Records to read. */
export interface ReadOptions {
  readonly partition: number
  /** Offset to start at, 0 or more. */
  readonly offset: number
  /** Maximum number of records, 1 or more. */
  readonly countMax: number
}

/** Some records of a partition, and the bounds of the partition. */
export interface Slice {
  /** Oldest first. */
  readonly records: readonly LogRecord[]
  /** Offset of the oldest record, or of the next one when the partition is empty. */
  readonly oldest: number
  /** Offset that the next record will get. */
  readonly end: number
}

export interface ConsumeOptions {
  readonly topic: string
  /**
   * Consumer group. Where the log has `groups`, each partition is read by one consumer of the group
   * at a time.
   */
  readonly group: string
  /**
   * Returns the id of the installation that the consumer belongs to. Called when the consumer
   * joins. Where the log can tell (Kafka), a consumer does not join a group that has a consumer of
   * another installation: `failure` is a `GroupTakenError` until that consumer has left.
   */
  installation?(): Promise<string>
  /** Maximum number of records in a batch. */
  readonly batchSizeMax: number
  /**
   * Returns the offset to start a partition at, or `undefined` for the oldest record. Called at
   * each assignment. Without this function, a partition is read from where the group's consumers
   * left it, or from the oldest record; after a crash, some records may be delivered again.
   */
  position?(partition: number): Promise<number | undefined>
  /**
   * Handles a batch, and returns the offset to continue with. Batches of one partition are handled
   * one after the other. When it rejects, the batch is delivered again after a back-off. When it
   * rejects with a `PositionLostError`, `position` is called first.
   */
  handle(batch: RecordBatch): Promise<number>
  /** Called with each failure that is retried, for logs and metrics. */
  onError?(error: Error): void
}

/** Progress of a consumer in one partition. */
export interface PartitionProgress {
  readonly partition: number
  /** Offset of the next record to handle. */
  readonly position: number
  /** Number of records from there on. */
  readonly lag: number
  /** True when the last step of the partition failed: of `position`, of `handle` or of the log. */
  readonly failing: boolean
}

/** A running consumer. Disposing it finishes the batches in flight, then stops. */
export interface Consumption extends AsyncDisposable {
  /**
   * Returns the partitions that are currently assigned to this consumer, as last seen. Never waits.
   */
  progress(): readonly PartitionProgress[]
  /**
   * Returns the time of the last poll, in milliseconds since the Unix epoch. `undefined` before the
   * first.
   */
  lastPollTimeMs(): number | undefined
  /** Returns how often the consumer failed and was restarted. */
  restarts(): number
  /**
   * Returns a description of the consumer that reads the partitions instead, for display, while
   * this one has none.
   */
  waitsFor(): string | undefined
  /**
   * Returns the reason why the log cannot currently be read. `undefined` while it can, even when
   * others of the group read all of it.
   */
  failure(): Error | undefined
}

/** Thrown when a record is larger than the log accepts. Appending it again always fails. */
export class RecordTooLargeError extends Error {
  override readonly name = 'RecordTooLargeError'
}

/** Capabilities of an adapter. The contract suite tests what an adapter claims here. */
export interface EventLogCapabilities {
  /** True when records survive the end of the process. */
  readonly durable: boolean
  /**
   * Scope in which the log may be open more than once at the same time: not outside one `EventLog`
   * object, by processes of one machine, or by processes of several machines.
   */
  readonly shared: 'process' | 'machine' | 'network'
  /** True when a topic has as many partitions as configured. If not, it has one. */
  readonly partitions: boolean
  /**
   * Scope in which records are delivered in the order of appending: each key, or the whole topic.
   */
  readonly ordering: 'key' | 'topic'
  /**
   * True when the consumers of a group share the partitions, replace each other, and continue where
   * the group stopped. If not, each consumer reads everything, from its own `position`.
   */
  readonly groups: boolean
}

/**
 * A log of records in topics, each split into partitions, in the manner of Kafka. Reading does not
 * remove records. A consumer chooses where it starts. All methods may be called concurrently, also
 * from several processes where the log is `shared`.
 */
export interface EventLog extends AsyncDisposable {
  readonly capabilities: EventLogCapabilities

  /**
   * Appends the records, in order within each key. Creates the topic when it is absent. Resolves
   * when the records are durable. When it rejects, any of them may have been appended. Rejects with
   * a `RecordTooLargeError` when one is too large.
   */
  append(topic: string, records: readonly NewRecord[]): Promise<void>

  /**
   * Returns the identity of the log that currently holds the topic's records. A topic that was
   * removed and created again has another identity, and so has another log at the same address.
   * Creates the topic when it is absent.
   */
  identity(topic: string): Promise<string>

  /**
   * Returns the offset that the next record of each partition will get, by partition. Creates the
   * topic when it is absent.
   */
  ends(topic: string): Promise<readonly number[]>

  /**
   * Returns records without consuming them, from the offset on, or from the oldest record if that
   * is later. There may be fewer than `countMax` at the end of the partition or when they are
   * large, and none only when none follow. Returns `undefined` when the topic has no such
   * partition. Creates the topic when it is absent.
   */
  read(topic: string, options: ReadOptions): Promise<Slice | undefined>

  /**
   * Starts to consume a topic. Creates the topic when it is absent. Resolves when the first
   * assignment is made, or after a bounded wait: connecting to an unavailable log is retried, and
   * failures are passed to `onError`.
   */
  consume(options: ConsumeOptions): Promise<Consumption>
}
