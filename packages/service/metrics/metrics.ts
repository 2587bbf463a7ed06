import Registry from 'prom-client/lib/registry.js'
import { type MetricValues, mergeMetrics, metricsSubject } from '../workers/metrics.ts'
import type { Workers } from '../workers/port.ts'
import { type CallCounts, CallMetrics } from './call-metrics.ts'

/** The service's metrics, in Prometheus' text format. */
export interface Metrics extends CallCounts {
  /** Registry for the metrics of other parts of this process. */
  readonly registry: Registry
  /** Returns the metrics of all processes that share the port. */
  text(): Promise<string>
}

/** @param workers The processes that share the port. Default: this one only. */
export function createMetrics(workers?: Pick<Workers, 'place' | 'report' | 'gather'>): Metrics {
  const registry = new Registry()
  const calls = new CallMetrics()
  calls.register(registry)
  if (workers?.place === undefined) {
    return Object.assign(calls, { registry, text: () => registry.metrics() })
  }
  workers.report(metricsSubject, () => registry.getMetricsAsJSON())
  const text = async () => {
    const reports = await workers.gather(metricsSubject)
    return await mergeMetrics(reports as readonly (readonly MetricValues[])[])
  }
  return Object.assign(calls, { registry, text })
}
