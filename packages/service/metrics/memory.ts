import type { MemoryBudget } from '@marquee/http/memory/budget'
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import type { Metrics } from './metrics.ts'

/** Adds the metrics of the process's memory budget. */
export function measureMemory({ registry }: Metrics, memory: MemoryBudget): void {
  const registers = [registry]
  new Gauge({
    name: 'marquee_memory_budget_bytes',
    help: 'Memory that the requests of all clients may hold.',
    registers,
    collect() {
      this.set(memory.bytesMax)
    },
  })
  new Gauge({
    name: 'marquee_memory_held_bytes',
    help: 'Memory that the requests of all clients hold.',
    registers,
    collect() {
      this.set(memory.usedBytes)
    },
  })
  new Counter({
    name: 'marquee_memory_refusals_total',
    help: 'Connections, streams and messages that were refused or shed because memory was short.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.reset()
      this.inc({ kind: 'refused' }, memory.refusalCount)
      this.inc({ kind: 'shed' }, memory.shedCount)
    },
  })
}
