import {
  type InstanceReport,
  InstanceReport_Health,
  type ServiceReport,
} from '@marquee/client/system'

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

/** The problems of the system, as sentences. */
export function problems(services: readonly ServiceReport[]): string[] {
  return services.flatMap(({ service, instances }) => {
    if (instances.length === 0) return [`${service} has no known instances.`]
    return instances.flatMap((instance) => {
      const name = instances.length === 1 ? service : `${service} at ${instance.url}`
      return instanceProblems(name, instance)
    })
  })
}

function instanceProblems(name: string, instance: InstanceReport): string[] {
  const health = healthOf(instance)
  if (health === 'unreachable') return [`${name} is unreachable: ${unreachableText(instance)}`]
  const { problems: reported = [], ingestion } = instance.activity ?? {}
  const texts = reported.map(({ name: part, reason }) => `${name}, ${part}: ${reason}`)
  if (texts.length === 0 && health === 'not-serving') return [`${name} is not serving.`]
  const failure = ingestion?.failure
  const isReported = reported.some(({ reason }) => failure && reason.includes(failure))
  return failure && !isReported ? [...texts, `${name}, ingestion: ${failure}`] : texts
}

/** The state of the whole system in one line. */
export function summary(services: readonly ServiceReport[]): string {
  const instances = services.flatMap((service) => service.instances)
  const servingCount = instances.filter((one) => healthOf(one) === 'serving').length
  if (instances.length === 0) return 'No known instances'
  const unknownCount = instances.filter((one) => healthOf(one) === 'unknown').length
  if (unknownCount > 0 && servingCount + unknownCount === instances.length) return 'Loading…'
  const state = servingCount < instances.length ? 'Degraded' : 'All systems operational'
  return `${state} · ${servingCount} of ${instances.length} up`
}
