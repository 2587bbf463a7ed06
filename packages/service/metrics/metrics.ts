import { Gauge, Registry } from 'prom-client'
import { type CallMetric, CallMetrics, type CallTally } from './call-metrics.ts'

/** The process's metrics, in Prometheus' text format. */
export interface Metrics {
  /** For metrics of one's own. */
  readonly registry: Registry
  callStarted(): void
  callEnded(call: CallMetric): void
  /** The calls that have ended, by method and protocol. */
  calls(): Iterable<CallTally>
  callsInFlight(): number
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const calls = new CallMetrics(registry)
  let inFlightCount = 0
  new Gauge({
    name: 'marquee_calls_in_flight',
    help: 'Calls under way.',
    registers: [registry],
    collect() {
      this.set(inFlightCount)
    },
  })
  return {
    registry,
    callStarted() {
      inFlightCount++
    },
    callEnded(call) {
      inFlightCount--
      calls.add(call)
    },
    calls: () => calls.tallies(),
    callsInFlight: () => inFlightCount,
  }
}
