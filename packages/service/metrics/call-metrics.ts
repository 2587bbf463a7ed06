import type { Registry } from 'prom-client'
import { ClientCalls } from './client-calls.ts'
import { type EndedCall, EndedCalls } from './ended-calls.ts'
import { isInternal } from './internal.ts'
import { type CallTally, durationBounds, Tally } from './tally.ts'

/** One line of the text format. */
interface Value {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

class MethodTally extends Tally implements CallTally {
  readonly protocol: string
  readonly method: string
  isStream = false
  isInternal: boolean

  constructor(protocol: string, method: string) {
    super()
    this.protocol = protocol
    this.method = method
    this.isInternal = isInternal(method)
  }
}

/** Counts the calls of a process. */
export interface CallCounts {
  callStarted(): void
  callEnded(call: EndedCall): void
  /** Returns the counts of the calls that have ended, by method and protocol. */
  calls(): Iterable<CallTally>
  callsInFlight(): number
  /** The last calls that have ended, without internal ones. */
  readonly ended: Pick<EndedCalls, 'newestFirst'>
  /** Calls to other services. */
  readonly clients: ClientCalls
}

/**
 * Counts calls, and formats the counts only when a registry is read. The counter and the histogram
 * of prom-client look up their labels for each call, which costs ten times as much.
 */
export class CallMetrics implements CallCounts {
  readonly ended = new EndedCalls()
  readonly clients = new ClientCalls()
  /** By method and protocol. */
  readonly #tallies = new Map<string, Map<string, MethodTally>>()
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

  callEnded(call: EndedCall): void {
    this.#inFlightCount--
    const { protocol, method, code, durationMs, target, isStream = false } = call
    const tally = this.#tallies.get(method)?.get(protocol) ?? this.#add(protocol, method)
    tally.add(code, durationMs)
    tally.isStream ||= isStream
    tally.isInternal ||= call.isFile === true
    if (tally.isInternal) return
    this.ended.add(call)
    if (target !== undefined) this.clients.add(target, code, isStream ? undefined : durationMs)
  }

  calls(): Iterable<CallTally> {
    return this.#all()
  }

  callsInFlight(): number {
    return this.#inFlightCount
  }

  #add(protocol: string, method: string): MethodTally {
    const tally = new MethodTally(protocol, method)
    const byProtocol = this.#tallies.get(method) ?? new Map<string, MethodTally>()
    this.#tallies.set(method, byProtocol.set(protocol, tally))
    return tally
  }

  *#all(): IterableIterator<MethodTally> {
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
