import { create } from '@bufbuild/protobuf'
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect'
import { toDuration } from '@marquee/connect-hono/duration'
import type { Connection } from '@marquee/grpc-transport/connection'
import type { Instance } from '@marquee/registry/port'
import {
  type Activity,
  ActivityService,
  InstanceReport_Health as Health,
  type InstanceReport,
  InstanceReportSchema,
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
}

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
    probe() {
      probing ??= probe().finally(() => {
        probing = undefined
      })
      return probing
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

function reasonOf(thrown: unknown, timeoutMs: number): string {
  const error = ConnectError.from(thrown)
  const isLate = error.code === Code.DeadlineExceeded
  return isLate ? `no response within ${timeoutMs} ms` : error.rawMessage
}
