import type { InstanceReport } from '@marquee/client/system'
import { clientTraffic, eventTraffic, type Traffic, upstreamTraffic } from './edges.ts'
import { countText, memoryText, percentText, perSecondText, quantileText } from './format.ts'
import { type Health, healthOf } from './health.ts'
import { ingestions } from './ingestions.ts'
import { isUnreachable, type Monitor } from './monitor.ts'
import { sum } from './quantile.ts'
import { millis } from './times.ts'
import type { EdgeName } from './topology-layout.ts'

/** Texts of the node of a service. */
export interface ServiceFacts {
  readonly health: Health
  /** "1 of 2 up". */
  readonly up: string
  /** "131 MB", or "131 MB shared" when another service is in the same process. */
  readonly memory: string
}

export function serviceFacts({ report }: Monitor, name: string): ServiceFacts {
  const all = report.services.flatMap(({ service, instances }) =>
    instances.map((instance) => ({ service, instance })),
  )
  const own = all.filter(({ service }) => service === name).map(({ instance }) => instance)
  const others = all.filter(({ service }) => service !== name).map(({ instance }) => instance)
  const upCount = own.filter((one) => healthOf(one) === 'serving').length
  const reached = own.filter((one) => one.activity && !isUnreachable(one))
  const isShared = reached.some((one) => others.some((other) => inOneProcess(one, other)))
  const bytes = reached.reduce((most, { activity }) => max(most, activity?.memoryBytes ?? 0n), 0n)
  const each = reached.length > 1 ? 'up to ' : ''
  return {
    health: healthOfAll(own),
    up: own.length === 0 ? 'no instances' : `${upCount} of ${own.length} up`,
    memory: reached.length === 0 ? '' : `${each}${memoryText(bytes)}${isShared ? ' shared' : ''}`,
  }
}

/** Services in one process have the same start, to the millisecond, on the same host. */
function inOneProcess(one: InstanceReport, other: InstanceReport): boolean {
  const start = millis(one.activity?.startTime)
  const isSameHost = URL.parse(one.url)?.hostname === URL.parse(other.url)?.hostname
  return isSameHost && start !== 0 && start === millis(other.activity?.startTime)
}

function healthOfAll(instances: readonly InstanceReport[]): Health {
  const all = instances.map(healthOf)
  if (all.length === 0) return 'unreachable'
  const worst = (['unreachable', 'not-serving', 'unknown'] as const).find((one) =>
    all.includes(one),
  )
  if (worst === 'unreachable' && all.includes('serving')) return 'not-serving'
  return worst ?? 'serving'
}

/** Figures of an edge: a line above it and one below. */
export interface EdgeFacts extends Traffic {
  readonly above: string
  readonly below: string
}

export function edgeFacts(monitor: Monitor, name: EdgeName): EdgeFacts {
  switch (name) {
    case 'browsers-movie':
      return callFacts(clientTraffic(monitor), monitor.boundsMs)
    case 'movie-metadata':
      return callFacts(upstreamTraffic(monitor, 'metadata'), monitor.boundsMs)
    case 'movie-rating':
      return callFacts(upstreamTraffic(monitor, 'rating'), monitor.boundsMs)
    case 'events-rating':
      return eventFacts(monitor)
    case 'rating-deadLetters':
      return deadLetterFacts(monitor)
  }
}

function callFacts(traffic: Traffic, boundsMs: readonly number[]): EdgeFacts {
  const { perSecond, p95, faultPercent = 0 } = traffic
  const rate = perSecondText(perSecond)
  const errors = faultPercent > 0 ? ` · ${percentText(faultPercent)} err` : ''
  return {
    ...traffic,
    above: `${rate}${errors}`,
    below: p95 === undefined ? '' : `p95 ${quantileText(p95, boundsMs)}`,
  }
}

function eventFacts(monitor: Monitor): EdgeFacts {
  const traffic = eventTraffic(monitor)
  const known = ingestions(monitor)
  const lag = sum(known.flatMap(({ partitions }) => partitions.map((one) => Number(one.lag))))
  const below = known.length === 0 ? '' : `lag ${countText(lag)}`
  return { ...traffic, above: perSecondText(traffic.perSecond), below }
}

function deadLetterFacts(monitor: Monitor): EdgeFacts {
  const known = ingestions(monitor)
  const count = sum(known.map((one) => Number(one.deadLetterCount)))
  const above = known.length === 0 ? '–' : `${countText(count)} new`
  return { perSecond: undefined, failing: false, above, below: '' }
}

function max(one: bigint, other: bigint): bigint {
  return one > other ? one : other
}
