import { create } from '@bufbuild/protobuf'
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect'
import { toDuration } from '@marquee/connect-hono/duration'
import { type Connection, createConnection } from '@marquee/grpc-transport/connection'
import type { Instance } from '@marquee/registry/port'
import {
  type Activity,
  ActivityService,
  InstanceReport_Health as Health,
  type InstanceReport,
  InstanceReportSchema,
} from '../../gen/system/v1/system_pb.ts'

/** Asks one instance how it does. */
export interface InstanceProbe extends Disposable {
  /** What is known of it. Never waits. */
  report(): InstanceReport
  /** Asks, unless it is being asked already. Resolves when the report is as it is now; never rejects. */
  ask(): Promise<void>
}

export interface InstanceProbeOptions {
  readonly instance: Instance
  /** How long it may take to answer, in milliseconds. */
  readonly timeoutMs: number
  readonly connect?: (instance: Instance) => Connection
  /** Milliseconds that never go back. */
  readonly clock?: () => number
}

/** Keeps one connection, and makes another after a failure: the old one may be dead without having ended. */
export function createInstanceProbe(options: InstanceProbeOptions): InstanceProbe {
  const {
    instance,
    timeoutMs,
    connect = createConnection,
    clock = () => performance.now(),
  } = options
  const { id, url } = instance
  let report = create(InstanceReportSchema, { id, url })
  let connected: Connected | undefined
  let asking: Promise<void> | undefined
  let isClosed = false

  async function ask(): Promise<void> {
    try {
      connected ??= open(connect(instance))
      const startMs = clock()
      const { activity } = await connected.client.getActivity({}, { timeoutMs })
      const latency = toDuration(clock() - startMs)
      const health = healthOf(activity)
      report = create(InstanceReportSchema, { id, url, health, latency, activity })
    } catch (error) {
      disconnect()
      if (isClosed) return
      const health = Health.UNREACHABLE
      const unreachableReason = reasonOf(error, timeoutMs)
      report = create(InstanceReportSchema, { ...report, health, unreachableReason })
    }
  }

  function disconnect(): void {
    connected?.connection.close()
    connected = undefined
  }

  return {
    report: () => report,
    ask() {
      asking ??= ask().finally(() => {
        asking = undefined
      })
      return asking
    },
    [Symbol.dispose]() {
      isClosed = true
      disconnect()
    },
  }
}

interface Connected {
  readonly connection: Connection
  readonly client: Client<typeof ActivityService>
}

function open(connection: Connection): Connected {
  return { connection, client: createClient(ActivityService, connection.transport) }
}

function healthOf(activity: Activity | undefined): Health {
  const isHeldUp = activity?.problems.some(({ affectsCalls }) => affectsCalls)
  return isHeldUp ? Health.NOT_SERVING : Health.SERVING
}

function reasonOf(thrown: unknown, timeoutMs: number): string {
  const error = ConnectError.from(thrown)
  const isLate = error.code === Code.DeadlineExceeded
  return isLate ? `no answer within ${timeoutMs} ms` : error.rawMessage
}
