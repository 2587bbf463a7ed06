import { Registry } from 'prom-client'
import { type CallCounts, CallMetrics } from './call-metrics.ts'

/** The process's metrics, in Prometheus' text format. */
export interface Metrics extends CallCounts {
  /** Registry for the metrics of other parts. */
  readonly registry: Registry
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const calls = new CallMetrics()
  calls.register(registry)
  return Object.assign(calls, { registry })
}
