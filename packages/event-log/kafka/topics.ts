import { setTimeout as delay } from 'node:timers/promises'
import type { Admin, Kafka } from 'kafkajs'
import { backOff } from '../back-off.ts'
import { otherInstallations } from './members.ts'

/** The first and the next offset of a partition, as last seen. */
export interface PartitionBounds {
  /** The offset of the oldest record that is still there. */
  readonly oldest: number
  /** The offset that the next record will get. */
  readonly end: number
}

/** A topic that is not there, and may not be made. Trying again is of no use. */
export class TopicError extends Error {
  override readonly name = 'TopicError'
}

/** A topic that is not there at present: it was removed, or never made. */
export class TopicAbsentError extends Error {
  override readonly name = 'TopicAbsentError'
  constructor(topic: string, options?: ErrorOptions) {
    super(`the topic "${topic}" does not exist`, options)
  }
}

/** What is asked of the brokers about topics. Every call may be repeated. */
export interface Topics extends AsyncDisposable {
  /** Creates the topic when it is absent. Rejects with a `TopicError` when that is not allowed. */
  ensure(topic: string): Promise<void>
  /** Takes note of a failure: a topic that it says is gone is looked for, and created, by the next `ensure`. */
  note(topic: string, error: unknown): void
  /** Where the partitions of a topic begin and end. Rejects with a `TopicAbsentError` when there is no such topic. */
  bounds(topic: string): Promise<ReadonlyMap<number, PartitionBounds>>
  /** Which other installations have consumers in the group. */
  otherInstallations(group: string, installation: string): Promise<string[]>
  /** The offset that a group has committed for a partition, or undefined. */
  committed(group: string, topic: string, partition: number): Promise<number | undefined>
}

const createTimeoutMs = 10_000
/** How often a topic is asked for whose partitions are about to get a leader, as those of a new one are. */
const leaderTriesMax = 5

/** @param partitions how many a topic gets that is made here; its replication is the brokers' default. */
export function createTopics(kafka: Kafka, partitions: number): Topics {
  const known = new Set<string>()
  let connected: Promise<Admin> | undefined

  /** Connects by the first call. One that could not is of no use any more: kafkajs takes it for connected. */
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
      // Why it could not connect is what counts.
      void admin.disconnect().catch(() => {})
      throw error
    }
  }

  /** Also the client: it goes on to ask for every topic that it has known, and fails for all when one is gone. */
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
      throw refusal(topic, error) ?? error
    }
  }

  async function create(admin: Admin, topic: string): Promise<void> {
    const topics = [{ topic, numPartitions: partitions }]
    try {
      await admin.createTopics({ topics, timeout: createTimeoutMs, waitForLeaders: true })
    } catch (error) {
      throw refusal(topic, error) ?? error
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
    note(topic, error) {
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

/** Whether the error says that there is no such topic. */
export function isAbsence(error: unknown): boolean {
  return error instanceof TopicAbsentError || typesOf(error).includes('UNKNOWN_TOPIC_OR_PARTITION')
}

/** The protocol's error codes in an error of kafkajs: its own, those it gathers and those it was caused by. */
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

/** What no repetition mends: `TOPIC_AUTHORIZATION_FAILED`, `INVALID_PARTITIONS`, `POLICY_VIOLATION` and the like. */
const final = /AUTHORIZATION_FAILED$|^INVALID_|^POLICY_VIOLATION$/

function refusal(topic: string, cause: unknown): TopicError | undefined {
  const type = typesOf(cause).find((one) => final.test(one))
  if (type === undefined) return undefined
  const message = `the topic "${topic}" is absent or hidden, and cannot be made here (${type}): make it, or allow it`
  return new TopicError(message, { cause })
}
