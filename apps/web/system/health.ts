import {
  type InstanceReport,
  InstanceReport_Health,
  type ServiceReport,
} from '../../../gen/system/v1/system_pb.ts'

export type Health = 'serving' | 'not-serving' | 'unreachable' | 'unknown'

export const healthWords: Readonly<Record<Health, string>> = {
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
    // Also what a newer server may tell.
    default:
      return 'unknown'
  }
}

/** Why the instance cannot be reached, without its address, which is told beside it. */
export function unreachableText({ url, unreachableReason }: InstanceReport): string {
  const prefix = `cannot reach ${url}: `
  return unreachableReason.startsWith(prefix)
    ? unreachableReason.slice(prefix.length)
    : unreachableReason || 'no response'
}

/** What is wrong, in sentences; empty when nothing is. */
export function troubles(services: readonly ServiceReport[]): string[] {
  return services.flatMap(({ service, instances }) => {
    if (instances.length === 0) return [`${service} has no known instances.`]
    return instances.flatMap((instance) => {
      const name = instances.length === 1 ? service : `${service} at ${instance.url}`
      return instanceTroubles(name, instance)
    })
  })
}

function instanceTroubles(name: string, instance: InstanceReport): string[] {
  const health = healthOf(instance)
  if (health === 'unreachable') return [`${name} is unreachable: ${unreachableText(instance)}`]
  const { problems = [], ingestion } = instance.activity ?? {}
  const told = problems.map(({ name: part, reason }) => `${name}, ${part}: ${reason}`)
  if (told.length === 0 && health === 'not-serving') return [`${name} is not serving.`]
  const failure = ingestion?.failure
  const isTold = problems.some(({ reason }) => failure && reason.includes(failure))
  return failure && !isTold ? [...told, `${name}, ingestion: ${failure}`] : told
}

/** One sentence on the whole system. */
export function summary(services: readonly ServiceReport[]): string {
  const instances = services.flatMap((service) => service.instances)
  const servingCount = instances.filter((one) => healthOf(one) === 'serving').length
  if (instances.length === 0) return 'No known instances'
  const unknownCount = instances.filter((one) => healthOf(one) === 'unknown').length
  if (unknownCount > 0 && servingCount + unknownCount === instances.length) return 'Loading…'
  const state = servingCount < instances.length ? 'Degraded' : 'All systems operational'
  return `${state} · ${servingCount} of ${instances.length} up`
}
