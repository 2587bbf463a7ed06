import { readdir } from 'node:fs/promises'
import type { Aggregator } from 'prom-client'
import Counter from 'prom-client/lib/counter.js'
import Gauge from 'prom-client/lib/gauge.js'
import Histogram from 'prom-client/lib/histogram.js'
import { readOpenFilesMax } from '../process/open-files.ts'
import type { Metrics } from './metrics.ts'

/** Interval of the timer whose delay is measured, in milliseconds. */
const delayIntervalMs = 250
/** Upper bounds of the histogram of delays, in seconds. */
const delayBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]

/**
 * Adds the metrics of the process, by the names that Prometheus' own clients use
 * (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics), and the delay of
 * its event loop. Disposal stops the timer that measures the delay.
 */
export async function measureProcess({ registry }: Pick<Metrics, 'registry'>): Promise<Disposable> {
  const registers = [registry]
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of the process, user and system.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  const gauges: readonly (readonly [string, string, Aggregator, read: () => number])[] = [
    ['process_resident_memory_bytes', 'Resident memory.', 'sum', () => process.memoryUsage.rss()],
    [
      'process_start_time_seconds',
      'Start of the process.',
      'min',
      () => performance.timeOrigin / 1000,
    ],
  ]
  for (const [name, help, aggregator, read] of gauges) {
    new Gauge({
      name,
      help,
      aggregator,
      registers,
      collect() {
        this.set(read())
      },
    })
  }
  await measureFiles(registers)
  return measureDelay(registers)
}

/** Adds the metrics of file descriptors, where Linux counts them. */
async function measureFiles(registers: Metrics['registry'][]): Promise<void> {
  if (process.platform !== 'linux') return
  const help = 'Maximum number of open file descriptors.'
  new Gauge({ name: 'process_max_fds', help, registers }).set(await readOpenFilesMax())
  new Gauge({
    name: 'process_open_fds',
    help: 'Open file descriptors.',
    registers,
    async collect() {
      this.set((await readdir('/proc/self/fd')).length)
    },
  })
}

function measureDelay(registers: Metrics['registry'][]): Disposable {
  const delays = new Histogram({
    name: 'marquee_event_loop_delay_seconds',
    help: `Delay of a timer that is due every ${delayIntervalMs} ms.`,
    buckets: delayBounds,
    registers,
  })
  let dueMs = performance.now() + delayIntervalMs
  const timer = setInterval(() => {
    const nowMs = performance.now()
    delays.observe(Math.max(0, nowMs - dueMs) / 1000)
    dueMs = nowMs + delayIntervalMs
  }, delayIntervalMs)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
