import { expect, test } from 'bun:test'
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import Histogram from 'prom-client/lib/histogram.js'
import Registry from 'prom-client/lib/registry.js'
import { createMetrics } from '../metrics/metrics.ts'
import { countersOf, type MetricValues, mergeMetrics } from './metrics.ts'
import { createSoleProcess } from './port.ts'

/** Returns the metrics of a process, as they arrive from another one. */
async function metricsOf(calls: number, ageSeconds: number): Promise<MetricValues[]> {
  const registry = new Registry()
  const registers = [registry]
  new Counter({ name: 'calls_total', help: 'Calls.', labelNames: ['code'], registers }).inc(
    { code: 'ok' },
    calls,
  )
  new Gauge({ name: 'age_seconds', help: 'Age.', aggregator: 'max', registers }).set(ageSeconds)
  const buckets = [1, 5]
  new Histogram({ name: 'duration', help: 'Duration.', buckets, registers }).observe(ageSeconds)
  return JSON.parse(JSON.stringify(await registry.getMetricsAsJSON()))
}

test('the metrics of several processes are those of one, each combined by its own rule', async () => {
  const text = await mergeMetrics([await metricsOf(2, 3), await metricsOf(5, 4)])
  expect(text.match(/^[^#\n].*$/gm)).toEqual([
    'calls_total{code="ok"} 7',
    'age_seconds 4',
    'duration_bucket{le="1"} 0',
    'duration_bucket{le="5"} 2',
    'duration_bucket{le="+Inf"} 2',
    'duration_sum 7',
    'duration_count 2',
  ])
})

test('of a process that has ended, counters and histograms remain', async () => {
  const counters = await countersOf([await metricsOf(2, 3), await metricsOf(5, 4)])
  expect(counters.map(({ name }) => name)).toEqual(['calls_total', 'duration'])
  const text = await mergeMetrics([await metricsOf(1, 1), counters])
  expect(text).toContain('calls_total{code="ok"} 8\n')
  expect(text).toContain('duration_count 3\n')
  expect(text).toContain('age_seconds 1\n')
})

test('the metrics of a service of one process are its own', async () => {
  const { registry, text } = createMetrics(createSoleProcess())
  expect(await text()).toBe(await registry.metrics())
})
