import type { Activity, MethodCalls } from '@marquee/client/system'
import { type CodeGrowth, type Growth, secondsBetween } from './growth.ts'
import { growthIn, isUnreachable, type Monitor } from './monitor.ts'
import { mergeBuckets, quantile, sum } from './quantile.ts'

/** Figures of a method over one protocol, in all instances of a service. */
export interface MethodRow extends Growth {
  readonly key: string
  readonly service: string
  readonly method: string
  readonly protocol: string
  readonly internal: boolean
  readonly streaming: boolean
  /** True when no instance of the service responds, so that the figures are old. */
  readonly stale: boolean
  readonly p50: number | undefined
  readonly p95: number | undefined
  readonly p99: number | undefined
  /** Requests per second within the window, oldest first. */
  readonly rates: readonly number[]
  /** Share of calls that ended with a fault of the service, in percent. */
  readonly faultPercent: number | undefined
}

/** The called methods of all services. */
export function methodRows({ report, windows, boundsMs }: Monitor): MethodRow[] {
  const counted = report.services.flatMap(({ service, instances }) =>
    instances.flatMap((instance) => {
      const stale = isUnreachable(instance)
      const window = windows.get(instance.id) ?? []
      const found = growthIn(window, ({ calls }) => calls, keyOf)
      const ratesOf = ratesIn(window)
      return found.map(({ counter, growth }) => {
        return { service, stale, counter, growth, rates: ratesOf(keyOf(counter)) }
      })
    }),
  )
  const groups = Map.groupBy(counted, ({ service, counter }) => `${service} ${keyOf(counter)}`)
  return [...groups].map(([key, group]) => rowOf(key, group, boundsMs))
}

interface CountedMethod {
  readonly service: string
  readonly stale: boolean
  readonly counter: MethodCalls
  readonly growth: Growth
  readonly rates: readonly number[]
}

/** Returns the rates between the activities of a window, by method and protocol. */
function ratesIn(window: readonly Activity[]): (key: string) => number[] {
  const counts = window.map(
    ({ calls }) =>
      new Map(calls.map((one) => [keyOf(one), sum(one.codes.map(({ count }) => Number(count)))])),
  )
  const steps = window.slice(1).map((now, index) => secondsBetween(window[index], now) ?? 1)
  return (key) =>
    steps.map((seconds, index) => {
      const grown = (counts[index + 1]?.get(key) ?? 0) - (counts[index]?.get(key) ?? 0)
      return Math.max(0, grown) / seconds
    })
}

function rowOf(
  key: string,
  group: readonly CountedMethod[],
  boundsMs: readonly number[],
): MethodRow {
  const growths = group.map(({ growth }) => growth)
  const buckets = mergeBuckets(growths.map((one) => one.buckets))
  const perSecond = sum(growths.map((one) => one.perSecond))
  const faultsPerSecond = sum(growths.map((one) => one.faultsPerSecond))
  const { service, counter } = group[0] as CountedMethod
  const { method, protocol, internal, streaming } = counter
  // A stream takes as long as its reader wants.
  const percentile = (share: number) => (streaming ? undefined : quantile(boundsMs, buckets, share))
  return {
    ...{ key, service, method, protocol, internal, streaming, buckets },
    ...{ perSecond, faultsPerSecond, codes: mergeCodes(growths) },
    ...{ p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99) },
    rates: sumFromEnd(group.map(({ rates }) => rates)),
    faultPercent: perSecond === 0 ? undefined : (faultsPerSecond / perSecond) * 100,
    stale: group.every((one) => one.stale),
  }
}

/** Sums the rates of instances, whose windows may have begun at other times. */
function sumFromEnd(all: readonly (readonly number[])[]): number[] {
  const length = Math.max(...all.map((rates) => rates.length))
  return Array.from({ length }, (_, n) => sum(all.map((rates) => rates.at(n - length) ?? 0)))
}

/** Most frequent first. */
function mergeCodes(growths: readonly Growth[]): CodeGrowth[] {
  const groups = Map.groupBy(
    growths.flatMap(({ codes }) => codes),
    ({ code }) => code,
  )
  const merged = [...groups].map(([code, group]) => ({
    code,
    fault: group.some(({ fault }) => fault),
    count: sum(group.map(({ count }) => count)),
    perSecond: sum(group.map(({ perSecond }) => perSecond)),
  }))
  return merged.toSorted((a, b) => b.count - a.count)
}

function keyOf({ method, protocol }: MethodCalls): string {
  return `${method} ${protocol}`
}
