import { Code } from '@connectrpc/connect'
import { codeToString } from '@connectrpc/connect/protocol-connect'
import type { Gate } from '@marquee/http/admission/gate'
import type { RefusalReason } from '@marquee/http/admission/port'
import type { Logger } from 'pino'
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import type { Metrics } from './metrics/metrics.ts'

/**
 * Time between two log lines, in milliseconds. A line per refused call would be a load of its own.
 */
const reportIntervalMs = 1_000

export interface RefusalReportOptions {
  readonly log: Logger
  readonly metrics: Metrics
  /** Calls `act` after the time. Default: a timer. */
  readonly after?: (ms: number, act: () => void) => void
}

/** Records a refused call. */
export type RefusalReport = (
  protocol: string,
  method: string,
  reason: RefusalReason,
  waitedMs: number,
) => void

/** Counts refused calls, and logs one line for each second with refused calls. */
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
    help: 'Calls refused before they started, by reason.',
    labelNames: ['reason'] as const,
    registers: [metrics.registry],
    collect() {
      this.reset()
      for (const [reason, count] of Object.entries(total)) this.inc({ reason }, count)
    },
  })
  function logRefusals(): void {
    isTimed = false
    const { overloaded, late, streams } = total
    const refused = {
      overloaded: overloaded - logged.overloaded,
      late: late - logged.late,
      streams: streams - logged.streams,
    }
    logged = { ...total }
    log.warn(refused, 'calls were refused within the last second')
  }
  return (protocol, method, reason, durationMs) => {
    total[reason]++
    const code = reason === 'late' ? Code.DeadlineExceeded : Code.Unavailable
    metrics.callStarted()
    const startMs = performance.now() - durationMs
    metrics.callEnded({
      ...{ protocol, method, code: codeToString(code), durationMs, startMs },
      requestId: '',
    })
    if (isTimed) return
    isTimed = true
    after(reportIntervalMs, logRefusals)
  }
}

/** Adds the metrics of admission. */
export function measureAdmission({ registry }: Metrics, gate: Gate): void {
  const gauges: readonly (readonly [name: string, help: string, read: () => number])[] = [
    ['in_flight', 'Unary calls in flight.', () => gate.inFlightCount],
    ['limit', 'Adaptive limit of unary calls in flight.', () => gate.inFlightLimit],
    ['streams', 'Open streams.', () => gate.streamCount],
    ['waiting', 'Calls that wait for their start.', () => gate.waitingCount],
    ['overloaded', '1 while the newest calls start first.', () => Number(gate.isOverloaded)],
  ]
  for (const [name, help, read] of gauges) {
    new Gauge({
      name: `marquee_admission_${name}`,
      help,
      aggregator: name === 'overloaded' ? 'max' : 'sum',
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
  }
}
