import type { InstanceReport } from '@marquee/client/system'
import type { Growth } from './growth.ts'
import { appliedPerSecond, growthIn, isUnreachable, type Monitor } from './monitor.ts'
import { mergeBuckets, quantile, sum } from './quantile.ts'

/** Traffic between two parts of the system. Figures are undefined where they are unknown. */
export interface Traffic {
  readonly perSecond: number | undefined
  readonly p95?: number | undefined
  readonly faultPercent?: number | undefined
  readonly failing: boolean
}

/** Share of failed calls from which traffic is failing, in percent. */
const failingPercent = 5

/** Calls to movie from outside. Calls by which the system looks after itself are left out. */
export function clientTraffic(monitor: Monitor): Traffic {
  const { boundsMs } = monitor
  const found = reached(monitor, 'movie').flatMap(({ id }) =>
    growthIn(
      monitor.windows.get(id),
      ({ calls }) => calls,
      ({ method, protocol }) => method + protocol,
    ),
  )
  const own = found.filter(({ counter }) => !counter.internal)
  const unary = own.filter(({ counter }) => !counter.streaming)
  const failing = reached(monitor, 'movie').length === 0
  return { ...trafficOf(own, unary, boundsMs), failing }
}

/** Calls of movie to a service, forwarded ones included. */
export function upstreamTraffic(monitor: Monitor, target: string): Traffic {
  const found = reached(monitor, 'movie')
    .flatMap(({ id }) =>
      growthIn(
        monitor.windows.get(id),
        ({ clientCalls }) => clientCalls,
        (one) => one.target,
      ),
    )
    .filter(({ counter }) => counter.target === target)
  const traffic = trafficOf(found, found, monitor.boundsMs)
  const isDown = reached(monitor, target).length === 0
  return { ...traffic, failing: isDown || (traffic.faultPercent ?? 0) >= failingPercent }
}

/** Rating events on their way from the event log. */
export function eventTraffic(monitor: Monitor): Traffic {
  const instances = reached(monitor, 'rating')
  const rates = instances.flatMap(({ id }) => appliedPerSecond(monitor.windows.get(id)) ?? [])
  const failing = instances.some(({ activity }) => activity?.ingestion?.failure)
  return {
    perSecond: rates.length === 0 ? undefined : sum(rates),
    failing: failing || instances.length === 0,
  }
}

function trafficOf(
  all: readonly { readonly growth: Growth }[],
  timed: readonly { readonly growth: Growth }[],
  boundsMs: readonly number[],
) {
  const perSecond = sum(all.map(({ growth }) => growth.perSecond))
  const faults = sum(all.map(({ growth }) => growth.faultsPerSecond))
  return {
    perSecond: all.length === 0 ? undefined : perSecond,
    p95: quantile(boundsMs, mergeBuckets(timed.map(({ growth }) => growth.buckets)), 0.95),
    faultPercent: perSecond === 0 ? undefined : (faults / perSecond) * 100,
  }
}

function reached({ report }: Monitor, name: string): InstanceReport[] {
  const instances = report.services.find(({ service }) => service === name)?.instances ?? []
  return instances.filter((one) => one.activity && !isUnreachable(one))
}
