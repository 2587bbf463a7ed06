import { create } from '@bufbuild/protobuf'
import { timestampNow } from '@bufbuild/protobuf/wkt'
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect'
import { toDuration } from '@marquee/connect-hono/duration'
import type { Connection } from '@marquee/grpc-transport/connection'
import type { Instance } from '@marquee/registry/port'
import {
  type Activity,
  ActivityService,
  type EndedCall,
  InstanceReport_Health as Health,
  type InstanceReport,
  InstanceReportSchema,
  type ListCallsRequest,
} from '../../gen/system/v1/system_pb.ts'

/** Probes one instance. */
export interface InstanceProbe extends Disposable {
  /** Returns the last report. Never waits. */
  report(): InstanceReport
  /**
   * Probes the instance, or joins a pending probe. Resolves when the report is up to date. Never
   * rejects.
   */
  probe(): Promise<void>
  /** Returns the last calls of the instance. Rejects when it does not respond. */
  listCalls(request: CallsFilter): Promise<EndedCall[]>
}

/** Selects calls, as `ListCallsRequest` does. */
export type CallsFilter = Pick<ListCallsRequest, 'pageSize' | 'method' | 'requestId'>

export interface InstanceProbeOptions {
  readonly instance: Instance
  /** Maximum time of a response, in milliseconds. */
  readonly timeoutMs: number
  readonly connect: (instance: Instance) => Connection
}

/**
 * Keeps one connection. Opens another one after a failure, because the old one may be dead without
 * being closed.
 */
export function createInstanceProbe(options: InstanceProbeOptions): InstanceProbe {
  const { instance, timeoutMs, connect } = options
  const { id, url } = instance
  let report = create(InstanceReportSchema, { id, url })
  let connected: Connected | undefined
  let probing: Promise<void> | undefined
  let isClosed = false

  async function probe(): Promise<void> {
    try {
      connected ??= open(connect(instance))
      const startMs = performance.now()
      const { activity } = await connected.client.getActivity({}, { timeoutMs })
      const latency = toDuration(performance.now() - startMs)
      const health = healthOf(activity)
      const healthTime = healthTimeOf(health)
      report = create(InstanceReportSchema, { id, url, health, healthTime, latency, activity })
    } catch (error) {
      disconnect()
      if (isClosed) return
      const health = Health.UNREACHABLE
      const healthTime = healthTimeOf(health)
      const unreachableReason = reasonOf(error, timeoutMs)
      const { latency, activity } = report
      report = create(InstanceReportSchema, {
        ...{ id, url, health, healthTime, unreachableReason, latency, activity },
      })
    }
  }

  function healthTimeOf(health: Health) {
    return report.health === health ? report.healthTime : timestampNow()
  }

  function disconnect(): void {
    connected?.connection.close()
    connected = undefined
  }

  return {
    report: () => report,
    probe() {
      probing ??= probe().finally(() => {
        probing = undefined
      })
      return probing
    },
    async listCalls(request) {
      connected ??= open(connect(instance))
      return (await connected.client.listCalls(request, { timeoutMs })).calls
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
  const isBlocked = activity?.problems.some(({ affectsCalls }) => affectsCalls)
  return isBlocked ? Health.NOT_SERVING : Health.SERVING
}

/** Returns why an instance did not respond. */
export function reasonOf(thrown: unknown, timeoutMs: number): string {
  const error = ConnectError.from(thrown)
  const isLate = error.code === Code.DeadlineExceeded
  return isLate ? `no response within ${timeoutMs} ms` : error.rawMessage
}
