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
  /**
   * `null` for no value, which differs from an empty one. In a compacted topic it is a tombstone:
   * it deletes the key.
   */
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

/**
 * Rule by which a topic's records are removed, in Kafka's terms (`cleanup.policy`):
 * - `delete`: by their age. The policy of a topic that was created without one.
 * - `compact`: by a later record with the same key. The last one of each key stays, whatever its age.
 */
export type TopicCleanup = 'delete' | 'compact'

/** Policy of a topic. */
export interface TopicPolicy {
  readonly cleanup: TopicCleanup
}

/**
 * Times that records can stay in a topic, in milliseconds. They are lower bounds: the log removes
 * records in the background, while it runs.
 */
export interface TopicRetention {
  /** An operator of Kafka can configure both. */
  readonly cleanup: TopicCleanup | 'compact,delete'
  /** Age from which on a record is removed. `undefined` when age removes none. */
  readonly retentionMs: number | undefined
  /**
   * Age from which on a record that a later one replaced, or deleted, is removed. It may be removed
   * earlier. `undefined` when no age is configured, or the topic is not compacted: it then stays
   * until the log has enough of them to remove.
   */
  readonly compactionLagMaxMs: number | undefined
  /**
   * Time that a tombstone stays after everything that it deletes was removed. `undefined` when the
   * topic is not compacted.
   */
  readonly deleteRetentionMs: number | undefined
}

export interface EraseOptions {
  /** Stops between two steps. The records of the steps before are erased. */
  readonly signal?: AbortSignal
}

/** Numbers of records that matched. */
export interface Erasure {
  readonly removed: number
  /** Number of records that the log cannot remove. `retention` says how long they can stay. */
  readonly remaining: number
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

/** Thrown when a record of a compacted topic has no key. Appending it again always fails. */
export class RecordWithoutKeyError extends Error {
  override readonly name = 'RecordWithoutKeyError'
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
  /** True when `erase` removes records. If not, it only counts them. */
  readonly erases: boolean
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
   * a `RecordTooLargeError` when one is too large, and with a `RecordWithoutKeyError` when the topic
   * is compacted and one has no key.
   */
  append(topic: string, records: readonly NewRecord[]): Promise<void>

  /**
   * Creates the topic with the policy when it is absent, or changes its policy. Does nothing when
   * it has the policy, alone or with another. Rejects when the log does not allow it.
   *
   * In a compacted topic, the log may remove each record that is followed by one with the same key.
   * It may also remove a tombstone that has stayed for `deleteRetentionMs` after everything that it
   * deletes was removed. A reader that starts at the oldest record and reads to the current end
   * receives at least the last record of each key, whatever is removed meanwhile. It receives every
   * tombstone of a key that it has received a value of, when it arrives there within
   * `deleteRetentionMs`.
   */
  ensureTopic(topic: string, policy: TopicPolicy): Promise<void>

  /** Returns how long records can stay in the topic. Creates the topic when it is absent. */
  retention(topic: string): Promise<TopicRetention>

  /**
   * Removes the records of the topic that match, for good, up to the current ends. Offsets keep
   * their meaning: a consumer skips what was removed. `matches` is called with each record, in
   * bounded steps. Rejects when it throws, or when the signal is aborted. May be repeated. Where
   * the log cannot erase, the records that match are counted. Creates the topic when it is absent.
   */
  erase(
    topic: string,
    matches: (record: LogRecord) => boolean,
    options?: EraseOptions,
  ): Promise<Erasure>

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
