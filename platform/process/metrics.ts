import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export interface CallMetric {
  readonly protocol: string
  readonly method: string
  readonly code: string
  readonly durationMs: number
}

/** The process's metrics, in Prometheus' text format. */
export interface Metrics {
  /** For metrics of one's own. */
  readonly registry: Registry
  callStarted(): void
  callEnded(call: CallMetric): void
}

/** Upper bounds of the duration's histogram, in seconds. */
const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const labelNames = ['protocol', 'method', 'code'] as const
  const calls = new Counter({
    name: 'marquee_calls_total',
    help: 'Calls that have ended, streams included.',
    labelNames,
    registers,
  })
  const durations = new Histogram({
    name: 'marquee_call_duration_seconds',
    help: 'From the headers of a call to the end of its answer.',
    labelNames: ['protocol', 'method'] as const,
    buckets: durationBuckets,
    registers,
  })
  const inFlight = new Gauge({
    name: 'marquee_calls_in_flight',
    help: 'Calls under way.',
    registers,
  })
  return {
    registry,
    callStarted: () => inFlight.inc(),
    callEnded({ protocol, method, code, durationMs }) {
      inFlight.dec()
      calls.inc({ protocol, method, code })
      durations.observe({ protocol, method }, durationMs / 1000)
    },
  }
}
