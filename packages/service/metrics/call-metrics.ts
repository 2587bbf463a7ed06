import type { Registry } from 'prom-client'

export interface CallMetric {
  readonly protocol: string
  readonly method: string
  readonly code: string
  readonly durationMs: number
}

/** Upper bounds of the histogram of durations, in seconds. The last bucket has no bound. */
const durationBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]
const boundsMs = durationBounds.map((seconds) => seconds * 1000)

/** One line of the text format. */
interface Value {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** Counts of the calls of one method by one protocol since the process started. */
export interface CallTally {
  readonly protocol: string
  readonly method: string
  readonly countByCode: ReadonlyMap<string, number>
  /** Sum of their durations, in milliseconds. */
  readonly sumMs: number
}

class Tally implements CallTally {
  readonly protocol: string
  readonly method: string
  readonly countByCode = new Map<string, number>()
  /** Number of calls per bucket of the histogram. */
  readonly countByBound: number[] = new Array(boundsMs.length + 1).fill(0)
  sumMs = 0

  constructor(protocol: string, method: string) {
    this.protocol = protocol
    this.method = method
  }

  add(code: string, durationMs: number): void {
    this.countByCode.set(code, (this.countByCode.get(code) ?? 0) + 1)
    let bound = 0
    while (bound < boundsMs.length && durationMs > (boundsMs[bound] ?? 0)) bound++
    this.countByBound[bound] = (this.countByBound[bound] ?? 0) + 1
    this.sumMs += durationMs
  }
}

/** Counts the calls of a process. */
export interface CallCounts {
  callStarted(): void
  callEnded(call: CallMetric): void
  /** Returns the counts of the calls that have ended, by method and protocol. */
  calls(): Iterable<CallTally>
  callsInFlight(): number
}

/**
 * Counts calls, and formats the counts only when a registry is read. The counter and the histogram
 * of prom-client look up their labels for each call, which costs ten times as much.
 */
export class CallMetrics implements CallCounts {
  /** By method and protocol. */
  readonly #tallies = new Map<string, Map<string, Tally>>()
  #inFlightCount = 0

  /** Adds the counts to a registry. */
  register(registry: Registry): void {
    const inFlightName = 'marquee_calls_in_flight'
    register(registry, {
      name: inFlightName,
      help: 'Calls in flight.',
      type: 'gauge',
      values: () => [{ metricName: inFlightName, labels: {}, value: this.#inFlightCount }],
    })
    const name = 'marquee_calls_total'
    const help = 'Calls that have ended, streams included.'
    register(registry, { name, help, type: 'counter', values: () => this.#counts(name) })
    const durationName = 'marquee_call_duration_seconds'
    register(registry, {
      name: durationName,
      help: 'Time from the headers of a call to the end of its response.',
      type: 'histogram',
      values: () => this.#durations(durationName),
    })
  }

  callStarted(): void {
    this.#inFlightCount++
  }

  callEnded({ protocol, method, code, durationMs }: CallMetric): void {
    this.#inFlightCount--
    const tally = this.#tallies.get(method)?.get(protocol) ?? this.#add(protocol, method)
    tally.add(code, durationMs)
  }

  calls(): Iterable<CallTally> {
    return this.#all()
  }

  callsInFlight(): number {
    return this.#inFlightCount
  }

  #add(protocol: string, method: string): Tally {
    const tally = new Tally(protocol, method)
    const byProtocol = this.#tallies.get(method) ?? new Map<string, Tally>()
    this.#tallies.set(method, byProtocol.set(protocol, tally))
    return tally
  }

  *#all(): IterableIterator<Tally> {
    for (const byProtocol of this.#tallies.values()) yield* byProtocol.values()
  }

  *#counts(metricName: string): IterableIterator<Value> {
    for (const { protocol, method, countByCode } of this.#all()) {
      for (const [code, value] of countByCode) {
        yield { metricName, labels: { protocol, method, code }, value }
      }
    }
  }

  *#durations(name: string): IterableIterator<Value> {
    for (const { protocol, method, countByBound, sumMs } of this.#all()) {
      const labels = { protocol, method }
      let count = 0
      for (const [index, added] of countByBound.entries()) {
        count += added
        const le = durationBounds[index] ?? '+Inf'
        yield { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count }
      }
      yield { metricName: `${name}_sum`, labels, value: sumMs / 1000 }
      yield { metricName: `${name}_count`, labels, value: count }
    }
  }
}

interface Metric {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  values(): Iterable<Value>
}

/** Registers a metric with the only members that a registry uses. */
function register(registry: Registry, { values, ...metric }: Metric): void {
  const { name } = metric
  const get = async () => ({ ...metric, aggregator: 'sum', values: [...values()] })
  registry.registerMetric({ name, get } as unknown as Parameters<Registry['registerMetric']>[0])
}
