import type { Kafka } from 'kafkajs'
import type { ConsumeOptions, PartitionProgress } from '../port.ts'
import { within } from '../wake-up.ts'
import { type Assignment, createAssignment } from './assignment.ts'
import { createGroupConsumer } from './consumer.ts'
import type { KafkaIdentities } from './identity.ts'
import { GroupTakenError } from './members.ts'
import type { GroupTiming } from './timing.ts'
import { TopicAbsentError, type Topics } from './topics.ts'

/** Partitions whose batches are handled at the same time. */
const partitionsConcurrentMax = 8
/** How long batches in progress may take when the session ends, in milliseconds. */
const finishTimeoutMs = 10_000
/** How long the group may take to hear of it then, in milliseconds: who could not say that it leaves is missed later. */
const leaveTimeoutMs = 3_000
/** How long joining may take beyond the time that the group waits for its other consumers, in milliseconds. */
const joinMarginMs = 30_000

export interface SessionOptions {
  readonly kafka: Kafka
  readonly topics: Topics
  readonly identities: KafkaIdentities
  readonly options: ConsumeOptions
  readonly timing: GroupTiming
  readonly clock: () => number
  readonly random: () => number
  /** As whom an earlier session that broke was known to the group. */
  readonly formerMemberId: string | undefined
  /** Told of each first or new assignment, and as whom the group knows this consumer. */
  onAssigned(memberId: string): void
  /** Told when the records were asked for. */
  onPoll(timeMs: number): void
  /** Told of a commit that failed: the next one makes good for it. */
  onCommitError(error: Error): void
}

/** One life of a kafkajs consumer, from joining the group to its end. */
export interface Session {
  /** Resolves with the reason when the consumer broke. */
  readonly broken: Promise<Error>
  progress(): PartitionProgress[]
  /** Finishes the batches at hand, commits, and leaves the group. Rejects when a batch takes too long. */
  leave(): Promise<void>
}

/** Joins the group. Rejects when the brokers cannot be reached. */
export async function openSession(session: SessionOptions): Promise<Session> {
  const { kafka, topics, identities, options, timing, clock, random } = session
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
  const broken = Promise.withResolvers<Error>()
  let assignment: Assignment | undefined
  let aliveAtMs = clock()
  let isLeaving = false

  async function others(): Promise<string[]> {
    if (installation === undefined) return []
    return await topics.otherInstallations(options.group, installation)
  }

  /** Two that have joined at once: both find each other, and the one with the lower id stays. */
  async function yieldToOther(): Promise<void> {
    const found = await others().catch(() => [])
    if (found.some((other) => other < (installation ?? ''))) {
      broken.resolve(new GroupTakenError(options.group))
    }
  }

  function showLife(): void {
    aliveAtMs = clock()
    session.onPoll(aliveAtMs)
  }

  function assign(memberId: string, partitions: readonly number[]): void {
    void assignment?.close()
    // A late batch may bring the consumer back to a group that it is leaving.
    if (isLeaving) return
    showLife()
    const log = { consumer, topics, identities }
    assignment = createAssignment({
      ...log,
      options,
      partitions,
      heartbeatIntervalMs,
      random,
      onHandled,
    })
    session.onAssigned(memberId)
    void yieldToOther()
  }

  /** Where the group's commits are the position, they keep up with it. */
  async function onHandled(): Promise<void> {
    showLife()
    if (!options.position) await commit()
  }

  const { GROUP_JOIN, FETCH, REQUEST_TIMEOUT, CRASH, END_BATCH_PROCESS } = consumer.events
  consumer.on(GROUP_JOIN, ({ payload: { memberId, memberAssignment } }) =>
    assign(memberId, memberAssignment[topic] ?? []),
  )
  consumer.on(CRASH, ({ payload }) => broken.resolve(payload.error))
  // kafkajs would try again, for a minute, and not tell that nothing is read meanwhile.
  consumer.on(REQUEST_TIMEOUT, ({ payload: { apiName, broker } }) => {
    if (assignment) broken.resolve(new Error(`${broker} did not answer in time (${apiName})`))
  })
  consumer.on(FETCH, showLife)
  consumer.on(END_BATCH_PROCESS, ({ payload: { batchSize, partition, lastOffset } }) => {
    if (batchSize === 0) assignment?.pass(partition, Number(lastOffset))
  })

  let beating = false
  async function beat(): Promise<void> {
    checkSilence()
    if (beating) return
    beating = true
    try {
      await Promise.all([commit(), look()])
    } finally {
      beating = false
    }
  }

  function checkSilence(): void {
    const silentMs = clock() - aliveAtMs
    if (!assignment?.progress().length || assignment.isBusy()) return
    if (silentMs <= timing.silenceMaxMs) return
    broken.resolve(new Error(`the consumer of topic ${topic} polled nothing for ${silentMs} ms`))
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
      current?.told(moved)
    } catch (error) {
      session.onCommitError(error as Error)
    }
  }

  /** Asks where the partitions end. When that fails in another way, so does the consumer itself, and says so. */
  async function look(): Promise<void> {
    const current = assignment
    const before = current?.progress() ?? []
    const bounds = await topics.bounds(topic).catch((error: Error) => error)
    if (bounds instanceof TopicAbsentError) broken.resolve(bounds)
    else if (!(bounds instanceof Error)) current?.see(bounds, before)
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

  const timer = setInterval(beat, timing.commitIntervalMs)
  const joinTimeoutMs = timing.rebalanceTimeoutMs + joinMarginMs
  try {
    if (!(await within(join(), joinTimeoutMs))) {
      throw new Error(`the group ${options.group} was not joined within ${joinTimeoutMs} ms`)
    }
  } catch (error) {
    clearInterval(timer)
    // Why it failed is what counts, and leaving a broker that does not answer fails too.
    void consumer.disconnect().catch(() => {})
    throw error
  }
  return {
    broken: broken.promise,
    progress: () => assignment?.progress() ?? [],
    async leave() {
      clearInterval(timer)
      isLeaving = true
      const isFinished = await within(finish(), finishTimeoutMs)
      // In any case: a consumer that stays would take part in the group for ever.
      await within(leave(), leaveTimeoutMs)
      if (isFinished) return
      throw new Error(`a batch of topic ${topic} was not finished within ${finishTimeoutMs} ms`)
    },
  }
}
