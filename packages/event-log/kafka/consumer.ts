import type { Cluster, Consumer, Kafka } from 'kafkajs'
import { assignerOf } from './members.ts'
import type { GroupTiming } from './timing.ts'

/** How much of a topic one question takes: enough for large batches, little enough to stay small in memory. */
const fetchBytesMax = 2 * 1024 * 1024
/** How much of a partition it takes: an equal share, within these bounds, so that none waits for others to be read. */
const partitionBytes = { min: 64 * 1024, max: 512 * 1024 }
/** How old what is known of the topic may be, in milliseconds: after that, partitions that were added are found. */
const metadataAgeMsMax = 5_000
/** How often kafkajs repeats a step before its consumer breaks: some 3 s together. */
const retry = { initialRetryTime: 200, maxRetryTime: 1_000, retries: 4 }

/** A consumer of kafkajs that breaks rather than start itself anew. */
export interface GroupConsumer {
  readonly consumer: Consumer
  /**
   * Takes leave of the group for a member that broke and could not: until it is missed, the group would not give its
   * partitions to anybody. To be called when connected. Rejects when trying again may help.
   */
  leaveFor(memberId: string): Promise<void>
}

/** @param partitionCount how many partitions its topic has. */
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
    // The brokers fill an answer in the order of the partitions, which is always the same.
    maxBytes: maxBytesPerPartition * partitionCount,
    maxBytesPerPartition,
    allowAutoTopicCreation: false,
    metadataMaxAge: metadataAgeMsMax,
    // The consumption starts a broken consumer anew, counts it, and waits longer each time.
    retry: { ...retry, restartOnFailure: async () => false },
  })
  return {
    consumer,
    async leaveFor(memberId) {
      const coordinator = await cluster?.findGroupCoordinator({ groupId })
      try {
        await (coordinator as Coordinator | undefined)?.leaveGroup({ groupId, memberId })
      } catch (error) {
        // Not so UNKNOWN_MEMBER_ID: it has been missed already.
        if ((error as { retriable?: boolean }).retriable) throw error
      }
    },
  }
}

/** What kafkajs knows of a broker, and leaves out of its types. */
type Coordinator = Awaited<ReturnType<Cluster['findGroupCoordinator']>> & {
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>
}
