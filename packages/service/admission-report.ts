import { Code } from '@connectrpc/connect'
import { codeToString } from '@connectrpc/connect/protocol-connect'
import type { Gate } from '@marquee/http/admission/gate'
import type { RefusalReason } from '@marquee/http/admission/port'
import type { Logger } from 'pino'
import { Counter, Gauge } from 'prom-client'
import type { Metrics } from './metrics/metrics.ts'

/** How often the log says what was refused, in milliseconds: a line for each call would be a load of its own. */
const reportIntervalMs = 1_000

export interface RefusalReportOptions {
  readonly log: Logger
  readonly metrics: Metrics
  /** Calls after the time. */
  readonly after?: (ms: number, act: () => void) => void
}

/** Notes a call that was refused. */
export type RefusalReport = (
  protocol: string,
  method: string,
  reason: RefusalReason,
  waitedMs: number,
) => void

/** Counts refused calls among all calls and by reason, and logs a line for each second in which there were any. */
export function createRefusalReport({
  log,
  metrics,
  after = (ms, act) => void setTimeout(act, ms).unref(),
}: RefusalReportOptions): RefusalReport {
  const total = { overloaded: 0, late: 0, streams: 0 }
  let logged = { ...total }
  let isTimed = false
  new Counter({
    name: 'marquee_admission_refused_total',
    help: 'Calls that were refused before they started, by reason.',
    labelNames: ['reason'] as const,
    registers: [metrics.registry],
    collect() {
      this.reset()
      for (const [reason, count] of Object.entries(total)) this.inc({ reason }, count)
    },
  })
  function tell(): void {
    isTimed = false
    const { overloaded, late, streams } = total
    const fields = {
      overloaded: overloaded - logged.overloaded,
      late: late - logged.late,
      streams: streams - logged.streams,
    }
    logged = { ...total }
    log.warn(fields, 'calls were refused within the last second')
  }
  return (protocol, method, reason, durationMs) => {
    total[reason]++
    const code = reason === 'late' ? Code.DeadlineExceeded : Code.Unavailable
    metrics.callStarted()
    metrics.callEnded({ protocol, method, code: codeToString(code), durationMs })
    if (isTimed) return
    isTimed = true
    after(reportIntervalMs, tell)
  }
}

/** Adds how many calls run, may run and wait to the metrics. */
export function measureAdmission({ registry }: Metrics, gate: Gate): void {
  const gauges: readonly (readonly [name: string, help: string, read: () => number])[] = [
    [
      'in_flight',
      'Unary calls that were started and have no response yet.',
      () => gate.inFlightCount,
    ],
    ['limit', 'Limit of unary calls in flight, which adapts.', () => gate.inFlightLimit],
    ['streams', 'Streams that go on.', () => gate.streamCount],
    ['waiting', 'Calls that wait for their start.', () => gate.waitingCount],
    ['overloaded', '1 while the newest calls start first.', () => Number(gate.isOverloaded)],
  ]
  for (const [name, help, read] of gauges) {
    new Gauge({
      name: `marquee_admission_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  }
}
