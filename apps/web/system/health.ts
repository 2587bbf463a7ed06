import {
  type InstanceReport,
  InstanceReport_Health,
  type WatchSystemResponse,
} from '@marquee/client/system'
import { addressText } from './format.ts'
import { millis } from './times.ts'

export type Health = 'serving' | 'not-serving' | 'unreachable' | 'unknown'

export const healthLabels: Readonly<Record<Health, string>> = {
  serving: 'serving',
  'not-serving': 'not serving',
  unreachable: 'unreachable',
  unknown: 'checking',
}

export function healthOf({ health }: InstanceReport): Health {
  switch (health) {
    case InstanceReport_Health.SERVING:
      return 'serving'
    case InstanceReport_Health.NOT_SERVING:
      return 'not-serving'
    case InstanceReport_Health.UNREACHABLE:
      return 'unreachable'
    // Includes values that only a newer server knows.
    default:
      return 'unknown'
  }
}

/** The reason why the instance is unreachable, without its address, which is shown next to it. */
export function unreachableText({ url, unreachableReason }: InstanceReport): string {
  const prefix = `cannot reach ${url}: `
  return unreachableReason.startsWith(prefix)
    ? unreachableReason.slice(prefix.length)
    : unreachableReason || 'no response'
}

/** The problems of the system, as sentences. The only outage is left out: the status strip names it. */
export function problems(report: WatchSystemResponse): string[] {
  const isNamed = outages(report).length === 1
  return report.services.flatMap(({ service, instances }) => {
    if (instances.length === 0) return isNamed ? [] : [`${service} has no known instances.`]
    return instances.flatMap((instance) => {
      const name = instances.length === 1 ? service : `${service} at ${instance.url}`
      const reported = reportedProblems(name, instance)
      return reported.length > 0 || isNamed ? reported : outageTexts(name, instance)
    })
  })
}

function outageTexts(name: string, instance: InstanceReport): string[] {
  const health = healthOf(instance)
  if (health === 'unreachable') return [`${name} is unreachable: ${unreachableText(instance)}`]
  return health === 'not-serving' ? [`${name} is not serving.`] : []
}

/** Problems that an instance reports itself. Those of one that does not respond are old. */
function reportedProblems(name: string, instance: InstanceReport): string[] {
  if (healthOf(instance) === 'unreachable') return []
  const { problems: reported = [], ingestion } = instance.activity ?? {}
  const texts = reported.map(({ name: part, reason }) => `${name}, ${part}: ${reason}`)
  const failure = ingestion?.failure
  const isReported = reported.some(({ reason }) => failure && reason.includes(failure))
  return failure && !isReported ? [...texts, `${name}, ingestion: ${failure}`] : texts
}

/** An instance, or a service without any, that does not serve. */
export interface Outage {
  readonly service: string
  /** A few words: "rating is down (connection refused)". */
  readonly text: string
  /** Seconds since it began, or undefined when that is unknown. */
  readonly seconds: number | undefined
}

/** Instances and services that are down now. */
export function outages({ services, time }: WatchSystemResponse): Outage[] {
  return services.flatMap(({ service, instances }): Outage[] => {
    if (instances.length === 0) {
      return [{ service, text: `${service} has no known instances`, seconds: undefined }]
    }
    const down = instances.filter((one) => ['unreachable', 'not-serving'].includes(healthOf(one)))
    return down.map((instance) => {
      const name = instances.length === 1 ? service : `${service} at ${addressText(instance.url)}`
      const seconds = (millis(time) - millis(instance.healthTime)) / 1000
      return { service, text: `${name} ${downText(instance)}`, seconds }
    })
  })
}

function downText(instance: InstanceReport): string {
  if (healthOf(instance) === 'not-serving') return 'is not serving'
  const reason = unreachableText(instance)
  return `is down (${/ECONNREFUSED|refused/i.test(reason) ? 'connection refused' : reason})`
}

/** The state of the whole system in one line. */
export function summary({ services }: Pick<WatchSystemResponse, 'services'>): string {
  const instances = services.flatMap((service) => service.instances)
  const servingCount = instances.filter((one) => healthOf(one) === 'serving').length
  if (instances.length === 0) return 'No known instances'
  const unknownCount = instances.filter((one) => healthOf(one) === 'unknown').length
  if (unknownCount > 0 && servingCount + unknownCount === instances.length) return 'Loading…'
  const state = servingCount < instances.length ? 'Degraded' : 'All systems operational'
  return `${state} · ${servingCount} of ${instances.length} up`
}
