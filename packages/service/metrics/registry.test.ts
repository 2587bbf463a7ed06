import { expect, test } from 'bun:test'
import type { Registry, RegistryStatus } from '@marquee/registry/port'
import { createMetrics } from './metrics.ts'
import { measureRegistry } from './registry.ts'

test('the metrics report the instances of each service, their age, and failed requests', async () => {
  let status: RegistryStatus = {
    services: [
      { service: 'metadata', instanceCount: 1, ageMs: 1_500 },
      { service: 'rating', instanceCount: 2, ageMs: 0 },
    ],
    errorCount: 3,
    registrationCount: 1,
  }
  const registry: Registry = {
    capabilities: { announces: false, shared: 'process', checksHealth: false },
    register: () => Promise.reject(new Error('not asked')),
    watch: () => Promise.reject(new Error('not asked')),
    status: () => status,
    async [Symbol.asyncDispose]() {},
  }
  const metrics = createMetrics()
  measureRegistry(metrics, registry)
  const lines = async () =>
    (await metrics.registry.metrics()).split('\n').filter((line) => /^marquee_disc/.test(line))
  expect(await lines()).toEqual([
    'marquee_discovery_snapshot_age_seconds{service="metadata"} 1.5',
    'marquee_discovery_snapshot_age_seconds{service="rating"} 0',
    'marquee_discovery_instances{service="metadata"} 1',
    'marquee_discovery_instances{service="rating"} 2',
    'marquee_discovery_errors_total 3',
    'marquee_discovery_registrations_total 1',
  ])
  status = { services: [], errorCount: 4, registrationCount: 1 }
  expect(await lines()).toEqual([
    'marquee_discovery_errors_total 4',
    'marquee_discovery_registrations_total 1',
  ])
})
