import type { Registry } from '@marquee/registry/port'
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import type { Metrics } from './metrics.ts'

/** Adds the metrics of service discovery. */
export function measureRegistry({ registry: metrics }: Metrics, registry: Registry): void {
  const registers = [metrics]
  const labelNames = ['service'] as const
  new Gauge({
    name: 'marquee_discovery_snapshot_age_seconds',
    help: 'Time since the registry last confirmed the instances of a service.',
    labelNames,
    aggregator: 'max',
    registers,
    collect() {
      this.reset()
      for (const { service, ageMs } of registry.status().services) {
        this.set({ service }, ageMs / 1000)
      }
    },
  })
  new Gauge({
    name: 'marquee_discovery_instances',
    help: 'Known instances of a service.',
    labelNames,
    aggregator: 'max',
    registers,
    collect() {
      this.reset()
      for (const { service, instanceCount } of registry.status().services) {
        this.set({ service }, instanceCount)
      }
    },
  })
  new Counter({
    name: 'marquee_discovery_errors_total',
    help: 'Failed requests to the registry.',
    registers,
    collect() {
      this.reset()
      this.inc(registry.status().errorCount)
    },
  })
  new Counter({
    name: 'marquee_discovery_registrations_total',
    help: 'Registrations of instances, repeated ones included.',
    registers,
    collect() {
      this.reset()
      this.inc(registry.status().registrationCount)
    },
  })
}
