import type { Kafka } from 'kafkajs'
import type { ConsumeOptions, PartitionProgress } from '../port.ts'
import { within } from '../wake-up.ts'
import { type Assignment, createAssignment } from './assignment.ts'
import { createGroupConsumer, tolerateStopped } from './consumer.ts'
import type { KafkaIdentities } from './identity.ts'
import { GroupTakenError } from './members.ts'
import type { GroupTiming } from './timing.ts'
import { TopicAbsentError, type Topics } from './topics.ts'

/** Maximum number of partitions whose batches are handled at the same time. */
const partitionsConcurrentMax = 8
/** Timeout of the batches in flight when the session ends, in milliseconds. */
const finishTimeoutMs = 10_000
/**
 * Timeout of leaving the group, in milliseconds. The group removes a member that could not leave
 * when its session times out.
 */
const leaveTimeoutMs = 3_000
/**
 * Timeout of joining, in addition to the time that the group waits for its other members, in
 * milliseconds.
 */
const joinMarginMs = 30_000

export interface SessionOptions {
  readonly kafka: Kafka
  readonly topics: Topics
  readonly identities: KafkaIdentities
  readonly options: ConsumeOptions
  readonly timing: GroupTiming
  /** Member id of an earlier session that failed. */
  readonly formerMemberId: string | undefined
  /** Called with each assignment, and with the member id of this consumer. */
  onAssigned(memberId: string): void
  /** Called at each poll. */
  onPoll(timeMs: number): void
  /** Called when a commit fails. The next one includes its positions. */
  onCommitError(error: Error): void
}

/** A session of a kafkajs consumer, from joining the group to leaving it. */
export interface Session {
  /** Resolves with the reason when the consumer fails. */
  readonly failed: Promise<Error>
  progress(): PartitionProgress[]
  /**
   * Finishes the batches in flight, commits, and leaves the group. Rejects when a batch takes too
   * long.
   */
  leave(): Promise<void>
}

/** Joins the group. Rejects when the brokers cannot be reached. */
export async function openSession(session: SessionOptions): Promise<Session> {
  const { kafka, topics, identities, options, timing } = session
  const { topic } = options
  const { heartbeatIntervalMs } = timing
  const { size } = await topics.bounds(topic)
  const installation = await options.installation?.()
  if ((await others()).length > 0) throw new GroupTakenError(options.group)
  const { consumer, leaveFor } = createGroupConsumer(
    kafka,
    options.group,
    installation,
    size,
    timing,
  )
  const failed = Promise.withResolvers<Error>()
  let assignment: Assignment | undefined
  let lastPollMs = Date.now()
  let isLeaving = false

  async function others(): Promise<string[]> {
    if (installation === undefined) return []
    return await topics.otherInstallations(options.group, installation)
  }

  /**
   * Decides between two installations that joined at the same time: both find each other, and the
   * one with the lower id stays.
   */
  async function yieldToOther(): Promise<void> {
    const found = await others().catch(() => [])
    if (found.some((other) => other < (installation ?? ''))) {
      failed.resolve(new GroupTakenError(options.group))
    }
  }

  function recordPoll(): void {
    lastPollMs = Date.now()
    session.onPoll(lastPollMs)
  }

  function assign(memberId: string, partitions: readonly number[]): void {
    void assignment?.close()
    // A late batch may make the consumer join again while it leaves.
    if (isLeaving) return
    recordPoll()
    assignment = createAssignment({
      consumer: tolerateStopped(consumer),
      topics,
      identities,
      options,
      partitions,
      heartbeatIntervalMs,
      onHandled,
    })
    session.onAssigned(memberId)
    void yieldToOther()
  }

  /** Commits after each batch where the committed offset is the position. */
  async function onHandled(): Promise<void> {
    recordPoll()
    if (!options.position) await commit()
  }

  const { GROUP_JOIN, FETCH, REQUEST_TIMEOUT, CRASH, END_BATCH_PROCESS } = consumer.events
  consumer.on(GROUP_JOIN, ({ payload: { memberId, memberAssignment } }) =>
    assign(memberId, memberAssignment[topic] ?? []),
  )
  consumer.on(CRASH, ({ payload }) => failed.resolve(payload.error))
  // kafkajs would retry for a minute, without an event that nothing is read meanwhile.
  consumer.on(REQUEST_TIMEOUT, ({ payload: { apiName, broker } }) => {
    if (assignment) failed.resolve(new Error(`${broker} did not respond in time to ${apiName}`))
  })
  consumer.on(FETCH, recordPoll)
  consumer.on(END_BATCH_PROCESS, ({ payload: { batchSize, partition, lastOffset } }) => {
    if (batchSize === 0) assignment?.pass(partition, Number(lastOffset))
  })

  let isTicking = false
  async function tick(): Promise<void> {
    checkPolling()
    if (isTicking) return
    isTicking = true
    try {
      await Promise.all([commit(), checkEnds()])
    } finally {
      isTicking = false
    }
  }

  function checkPolling(): void {
    const silentMs = Date.now() - lastPollMs
    if (!assignment?.progress().length || assignment.isBusy()) return
    if (silentMs <= timing.silenceMaxMs) return
    failed.resolve(new Error(`the consumer of topic ${topic} polled nothing for ${silentMs} ms`))
  }

  async function commit(): Promise<void> {
    const current = assignment
    const moved = current?.moved() ?? []
    if (moved.length === 0) return
    const offsets = moved.map(({ partition, position }) => {
      return { topic, partition, offset: String(position) }
    })
    try {
      await consumer.commitOffsets(offsets)
      current?.committed(moved)
    } catch (error) {
      session.onCommitError(error as Error)
    }
  }

  /**
   * Requests the ends of the partitions. Other failures are ignored, because they also fail the
   * consumer.
   */
  async function checkEnds(): Promise<void> {
    const current = assignment
    const before = current?.progress() ?? []
    const bounds = await topics.bounds(topic).catch((error: Error) => error)
    if (bounds instanceof TopicAbsentError) failed.resolve(bounds)
    else if (!(bounds instanceof Error)) current?.updateEnds(bounds, before)
  }

  async function finish(): Promise<void> {
    await assignment?.close()
  }

  async function leave(): Promise<void> {
    try {
      await commit()
    } finally {
      await consumer.disconnect()
    }
  }

  async function join(): Promise<void> {
    await consumer.connect()
    if (session.formerMemberId !== undefined) await leaveFor(session.formerMemberId)
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitionsConcurrentMax,
      eachBatch: async (payload) => (isLeaving ? undefined : assignment?.take(payload)),
    })
  }

  const timer = setInterval(tick, timing.commitIntervalMs)
  const joinTimeoutMs = timing.rebalanceTimeoutMs + joinMarginMs
  try {
    if (!(await within(join(), joinTimeoutMs))) {
      throw new Error(`the group ${options.group} was not joined within ${joinTimeoutMs} ms`)
    }
  } catch (error) {
    clearInterval(timer)
    // Only the first error counts. Disconnecting from a broker that does not respond fails too.
    void consumer.disconnect().catch(() => {})
    throw error
  }
  return {
    failed: failed.promise,
    progress: () => assignment?.progress() ?? [],
    async leave() {
      clearInterval(timer)
      isLeaving = true
      const isFinished = await within(finish(), finishTimeoutMs)
      // Even after a timeout: a consumer that stays would take part in the group for ever.
      await within(leave(), leaveTimeoutMs)
      if (isFinished) return
      throw new Error(`a batch of topic ${topic} was not finished within ${finishTimeoutMs} ms`)
    },
  }
}
