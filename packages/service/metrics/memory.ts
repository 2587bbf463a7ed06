import type { MemoryBudget } from '@marquee/http/memory/budget'
import { Counter, Gauge } from 'prom-client'
import type { Metrics } from './metrics.ts'

/** Adds the state of the process's memory budget to the metrics. */
export function measureMemory({ registry }: Metrics, memory: MemoryBudget): void {
  const registers = [registry]
  new Gauge({
    name: 'marquee_memory_budget_bytes',
    help: 'Memory that clients together may make the process hold.',
    registers,
    collect() {
      this.set(memory.bytesMax)
    },
  })
  new Gauge({
    name: 'marquee_memory_held_bytes',
    help: 'Memory that clients make the process hold.',
    registers,
    collect() {
      this.set(memory.usedBytes)
    },
  })
  new Counter({
    name: 'marquee_memory_refusals_total',
    help: 'Connections, streams and messages that were refused, or given up, for want of memory.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.reset()
      this.inc({ kind: 'refused' }, memory.refusalCount)
      this.inc({ kind: 'shed' }, memory.shedCount)
    },
  })
}
