import { setTimeout as delay } from 'node:timers/promises'
import type { Admin, Kafka } from 'kafkajs'
import { backOff } from '../back-off.ts'
import type { TopicCleanup, TopicRetention } from '../port.ts'
import { otherInstallations } from './members.ts'
import { describeRetention, setCleanup } from './policy.ts'
import { TopicError } from './topic-error.ts'

/** Bounds of a partition, as last seen. */
export interface PartitionBounds {
  /** Offset of the oldest record that still exists. */
  readonly oldest: number
  /** Offset that the next record will get. */
  readonly end: number
}

/** Thrown when a topic does not currently exist: it was removed, or never created. */
export class TopicAbsentError extends Error {
  override readonly name = 'TopicAbsentError'
  constructor(topic: string, options?: ErrorOptions) {
    super(`the topic "${topic}" does not exist`, options)
  }
}

/** Requests to the brokers about topics. Every call may be repeated. */
export interface Topics extends AsyncDisposable {
  /**
   * Creates the topic when it is absent. Rejects with a `TopicError` when creating it is not
   * allowed.
   */
  ensure(topic: string): Promise<void>
  /**
   * Creates the topic with the policy when it is absent, or adds the policy. Rejects with a
   * `TopicError` when that is not allowed.
   */
  ensurePolicy(topic: string, cleanup: TopicCleanup): Promise<void>
  /** Returns the retention of an existing topic. */
  retention(topic: string): Promise<TopicRetention>
  /**
   * Reports a failure. When it says that the topic is absent, the next `ensure` looks for the topic
   * and creates it.
   */
  reportFailure(topic: string, error: unknown): void
  /**
   * Returns the bounds of the topic's partitions. Rejects with a `TopicAbsentError` when there is
   * no such topic.
   */
  bounds(topic: string): Promise<ReadonlyMap<number, PartitionBounds>>
  /** Returns the other installations that have consumers in the group. */
  otherInstallations(group: string, installation: string): Promise<string[]>
  /** Returns the offset that a group has committed for a partition, or `undefined`. */
  committed(group: string, topic: string, partition: number): Promise<number | undefined>
}

/** Attempts to see a policy that was set, some 10 s in total. */
const policyTriesMax = 8
const createTimeoutMs = 10_000
/** Attempts to see a topic that was created, some 10 s in total. */
const createdTriesMax = 8
/**
 * Attempts to read the ends of a topic whose partitions have no leader yet, as those of a new
 * topic.
 */
const leaderTriesMax = 5

/**
 * @param partitions Number of partitions of a topic that is created here. Its replication is the
 *   brokers' default.
 */
export function createTopics(kafka: Kafka, partitions: number): Topics {
  const known = new Set<string>()
  let connected: Promise<Admin> | undefined

  /**
   * Connects at the first call. A failed connection is discarded, because kafkajs treats it as
   * connected.
   */
  function connect(): Promise<Admin> {
    connected ??= open().catch((error: Error) => {
      connected = undefined
      throw error
    })
    return connected
  }

  async function open(): Promise<Admin> {
    const admin = kafka.admin()
    try {
      await admin.connect()
      return admin
    } catch (error) {
      // Only the first error counts.
      void admin.disconnect().catch(() => {})
      throw error
    }
  }

  /**
   * Forgets a topic, and the client: it would request every topic that it has known, and fail for
   * all when one is absent.
   */
  function forget(topic: string): void {
    if (!known.delete(topic)) return
    const former = connected
    connected = undefined
    void former?.then((admin) => admin.disconnect()).catch(() => {})
  }

  async function exists(admin: Admin, topic: string): Promise<boolean> {
    try {
      await admin.fetchTopicMetadata({ topics: [topic] })
      return true
    } catch (error) {
      if (isAbsence(error)) return false
      throw permanentError(topic, error) ?? error
    }
  }

  async function create(admin: Admin, topic: string, cleanup?: TopicCleanup): Promise<void> {
    const configEntries = cleanup ? [{ name: 'cleanup.policy', value: cleanup }] : []
    const topics = [{ topic, numPartitions: partitions, configEntries }]
    try {
      // kafkajs would wait for the leaders, but not for a broker that does not know the topic yet.
      await admin.createTopics({ topics, timeout: createTimeoutMs, waitForLeaders: false })
    } catch (error) {
      throw permanentError(topic, error) ?? error
    }
    for (let count = 1; !(await hasLeaders(admin, topic)); count++) {
      if (count === createdTriesMax) throw new Error(`the new topic "${topic}" has no leaders yet`)
      await delay(backOff(count))
    }
  }

  /** Returns whether a topic that was created can be used. Brokers learn of it shortly afterwards. */
  async function hasLeaders(admin: Admin, topic: string): Promise<boolean> {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return topics.every((one) => one.partitions.every(({ leader }) => leader >= 0))
    } catch (error) {
      if (isAbsence(error) || typesOf(error).some((type) => leaderless.has(type))) return false
      throw error
    }
  }

  async function fetchOffsets(topic: string) {
    const admin = await connect()
    for (let count = 1; ; count++) {
      try {
        return await admin.fetchTopicOffsets(topic)
      } catch (error) {
        const types = typesOf(error)
        if (isAbsence(error)) {
          forget(topic)
          throw new TopicAbsentError(topic, { cause: error })
        }
        const isElecting = types.some((type) => leaderless.has(type))
        if (!isElecting || count === leaderTriesMax) throw error
        await delay(backOff(count))
      }
    }
  }

  return {
    async ensure(topic) {
      if (known.has(topic)) return
      const admin = await connect()
      if (!(await exists(admin, topic))) await create(admin, topic)
      known.add(topic)
    },
    async ensurePolicy(topic, cleanup) {
      const admin = await connect()
      if (!(await exists(admin, topic))) await create(admin, topic, cleanup)
      known.add(topic)
      const hasPolicy = async () =>
        (await describeRetention(admin, topic)).cleanup.split(',').includes(cleanup)
      if (await hasPolicy()) return
      await setCleanup(kafka, topic, cleanup)
      // A broker applies what the controller has written shortly afterwards.
      for (let count = 1; !(await hasPolicy()); count++) {
        if (count === policyTriesMax) throw new Error(`the topic "${topic}" has not changed yet`)
        await delay(backOff(count))
      }
    },
    async retention(topic) {
      return await describeRetention(await connect(), topic)
    },
    reportFailure(topic, error) {
      if (isAbsence(error)) forget(topic)
    },
    async bounds(topic) {
      const offsets = await fetchOffsets(topic)
      return new Map(
        offsets.map(({ partition, low, high }) => [
          partition,
          { oldest: Number(low), end: Number(high) },
        ]),
      )
    },
    async otherInstallations(group, installation) {
      return await otherInstallations(await connect(), group, installation, delay)
    },
    async committed(groupId, topic, partition) {
      const admin = await connect()
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
      const offset = Number(found?.partitions.find((one) => one.partition === partition)?.offset)
      return offset >= 0 ? offset : undefined
    },
    async [Symbol.asyncDispose]() {
      const admin = await connected?.catch(() => undefined)
      await admin?.disconnect()
    },
  }
}

/** Returns whether the error says that there is no such topic. */
export function isAbsence(error: unknown): boolean {
  return error instanceof TopicAbsentError || typesOf(error).includes('UNKNOWN_TOPIC_OR_PARTITION')
}

/** Returns the Kafka error types in an error of kafkajs: its own, and those of its causes. */
function typesOf(error: unknown): string[] {
  const { type, errors, cause } = (error ?? {}) as {
    type?: string
    errors?: unknown[]
    cause?: unknown
  }
  const inner = [...(errors ?? []), ...(cause === undefined ? [] : [cause])].flatMap(typesOf)
  return type === undefined ? inner : [type, ...inner]
}

const leaderless = new Set(['LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION'])

/**
 * Error types that a retry does not fix: `TOPIC_AUTHORIZATION_FAILED`, `INVALID_PARTITIONS`,
 * `POLICY_VIOLATION` and similar.
 */
const permanent = /AUTHORIZATION_FAILED$|^INVALID_|^POLICY_VIOLATION$/

function permanentError(topic: string, cause: unknown): TopicError | undefined {
  const type = typesOf(cause).find((one) => permanent.test(one))
  if (type === undefined) return undefined
  const message = `the topic "${topic}" is absent or hidden, and cannot be created here (${type}): create it, or grant permission`
  return new TopicError(message, { cause })
}
