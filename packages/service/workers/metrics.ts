import type { Aggregator } from 'prom-client'
import AggregatorRegistry from 'prom-client/lib/cluster.js'

/** Subject of the reports of metrics. */
export const metricsSubject = 'metrics'

/** A metric with its values, as `getMetricsAsJSON` of a registry returns it. */
export interface MetricValues {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly aggregator: Aggregator
  readonly values: readonly object[]
}

/** Figures of a supervisor. */
export interface Figures {
  readonly servingCount: number
  readonly restartCount: number
}

/** Returns the metrics of the supervisor. */
export function figuresOf({ servingCount, restartCount }: Figures): MetricValues[] {
  const shared = { aggregator: 'sum' } as const
  return [
    {
      ...shared,
      name: 'marquee_workers',
      help: 'Processes of the service that handle calls.',
      type: 'gauge',
      values: [{ value: servingCount, labels: {} }],
    },
    {
      ...shared,
      name: 'marquee_worker_restarts_total',
      help: 'Restarts of processes of the service that ended by themselves.',
      type: 'counter',
      values: [{ value: restartCount, labels: {} }],
    },
  ]
}

/**
 * Formats the metrics of several processes as those of one, in Prometheus' text format. Each
 * metric's `aggregator` says how: counters and histograms are summed.
 */
export function mergeMetrics(processes: readonly (readonly MetricValues[])[]): Promise<string> {
  return AggregatorRegistry.aggregate([...processes]).metrics()
}

/** Returns the sums of counters and histograms. Gauges of processes that have ended do not count. */
export async function countersOf(
  processes: readonly (readonly MetricValues[])[],
): Promise<readonly MetricValues[]> {
  const counters = processes.map((metrics) => metrics.filter(({ type }) => countingTypes.has(type)))
  const sums: readonly unknown[] = await AggregatorRegistry.aggregate(counters).getMetricsAsJSON()
  return sums as readonly MetricValues[]
}

const countingTypes: ReadonlySet<string> = new Set(['counter', 'histogram'])
