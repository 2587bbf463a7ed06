import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { ActivityDetails } from '@marquee/service/activity'
import { Ingestion_State } from '../../gen/system/v1/system_pb.ts'
import type { IngestState, IngestStatus } from './ingest.ts'

const states: Readonly<Record<IngestState, Ingestion_State>> = {
  starting: Ingestion_State.STOPPED,
  running: Ingestion_State.RUNNING,
  failing: Ingestion_State.FAILING,
  blocked: Ingestion_State.FAILING,
  waiting: Ingestion_State.WAITING,
  stopped: Ingestion_State.STOPPED,
}

/** Returns the activity of ingestion. Before it starts, its state is stopped. */
export function ingestActivity(status: IngestStatus | undefined): ActivityDetails {
  if (status === undefined) return { ingestion: { state: Ingestion_State.STOPPED } }
  const { state, partitions, lastPollTimeMs, blocked, lastError } = status
  return {
    ingestion: {
      state: states[state],
      partitions: partitions
        .map(({ partition, position, lag, failing }) => ({
          partition,
          position: BigInt(position),
          lag: BigInt(lag),
          failing,
        }))
        .sort((one, other) => one.partition - other.partition),
      appliedCount: BigInt(status.applied),
      deadLetterCount: BigInt(status.deadLettered),
      restartCount: BigInt(status.restarts),
      failure: blocked ?? (state === 'failing' ? (lastError?.message ?? '') : ''),
      ...(lastPollTimeMs !== undefined && { lastPollTime: timestampFromMs(lastPollTimeMs) }),
    },
  }
}
