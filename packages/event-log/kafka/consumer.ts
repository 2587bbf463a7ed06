import type { Cluster, Consumer, Kafka } from 'kafkajs'
import { assignerOf } from './members.ts'
import type { GroupTiming } from './timing.ts'

/**
 * Maximum size of one fetch response, in bytes. Its records take 30 to 60 times as much memory while
 * they are handled.
 */
const fetchBytesMax = 3 * 1024 * 1024
/**
 * Bounds of a partition's share of a fetch response, in bytes. Equal shares prevent that one
 * partition delays others. A store that handles thousands of records at once writes fewer pages.
 */
const partitionBytes = { min: 64 * 1024, max: 768 * 1024 }
/**
 * Maximum age of the topic's metadata, in milliseconds. New partitions are found after this time.
 */
const metadataAgeMsMax = 5_000
/** Retries of a step by kafkajs before its consumer fails, some 3 s in total. */
const retry = { initialRetryTime: 200, maxRetryTime: 1_000, retries: 4 }

/** A kafkajs consumer that fails rather than restarting itself. */
export interface GroupConsumer {
  readonly consumer: Consumer
  /**
   * Leaves the group for a failed member that could not. Otherwise the group would keep that
   * member's partitions until its session times out. Call it when connected. Rejects when a retry
   * may help.
   */
  leaveFor(memberId: string): Promise<void>
}

/** @param partitionCount Number of partitions of the topic. */
export function createGroupConsumer(
  kafka: Kafka,
  groupId: string,
  installation: string | undefined,
  partitionCount: number,
  timing: GroupTiming,
): GroupConsumer {
  let cluster: Cluster | undefined
  const share = Math.max(Math.floor(fetchBytesMax / partitionCount), partitionBytes.min)
  const maxBytesPerPartition = Math.min(share, partitionBytes.max)
  const consumer = kafka.consumer({
    groupId,
    partitionAssigners: [
      (config) => {
        cluster = config.cluster
        return assignerOf(installation)(config)
      },
    ],
    sessionTimeout: timing.sessionTimeoutMs,
    rebalanceTimeout: timing.rebalanceTimeoutMs,
    heartbeatInterval: timing.heartbeatIntervalMs,
    maxWaitTimeInMs: timing.pollWaitMs,
    // Brokers fill a response in the same order of partitions each time.
    maxBytes: maxBytesPerPartition * partitionCount,
    maxBytesPerPartition,
    allowAutoTopicCreation: false,
    metadataMaxAge: metadataAgeMsMax,
    // The consumption restarts a failed consumer, counts restarts, and waits longer each time.
    retry: { ...retry, restartOnFailure: async () => false },
  })
  return {
    consumer,
    async leaveFor(memberId) {
      const coordinator = await cluster?.findGroupCoordinator({ groupId })
      try {
        await (coordinator as Coordinator | undefined)?.leaveGroup({ groupId, memberId })
      } catch (error) {
        // UNKNOWN_MEMBER_ID is not retriable: the group has already removed the member.
        if ((error as { retriable?: boolean }).retriable) throw error
      }
    },
  }
}

/** A method of brokers that is missing in the types of kafkajs. */
type Coordinator = Awaited<ReturnType<Cluster['findGroupCoordinator']>> & {
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>
}

/** Calls that control which partitions a consumer reads, and from where. */
export type PartitionControl = Pick<Consumer, 'seek' | 'pause' | 'resume'>

/** Ignores calls to a consumer that has stopped. The end of its session reports the reason. */
export function tolerateStopped(consumer: PartitionControl): PartitionControl {
  const ignoringStop =
    <T>(method: (argument: T) => void) =>
    (argument: T) => {
      try {
        method(argument)
      } catch (error) {
        if ((error as Error).name !== 'KafkaJSNonRetriableError') throw error
      }
    }
  return {
    seek: ignoringStop(consumer.seek),
    pause: ignoringStop(consumer.pause),
    resume: ignoringStop(consumer.resume),
  }
}
