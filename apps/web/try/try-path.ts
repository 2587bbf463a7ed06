import type { ServiceAddresses } from '../addresses.ts'

/** Short name of a service; each serves several RPC services. */
export type ServiceName = keyof ServiceAddresses['services']

export const serviceNames: readonly ServiceName[] = ['movie', 'metadata', 'rating']

/** A service at which a method is called, and the chosen one of its instances, if any. */
export interface Place {
  readonly at: ServiceName
  /** Id of the instance in the registry. Undefined for any. */
  readonly instance?: string | undefined
}

/** The page's path for a method. The place is in the query for RPC services that several services have. */
export function tryPath(
  typeName: string,
  methodName: string,
  at: ServiceName,
  instance?: string,
): string {
  const path = `/try/${typeName}/${methodName}`
  if (ownerOf(typeName) === at) return path
  return `${path}?${new URLSearchParams({ at, ...(instance !== undefined && { instance }) })}`
}

/** The place of an RPC service, by the query of the page. Only RPC services that all have are called at an instance. */
export function placeOf(typeName: string, search: string): Place {
  const query = new URLSearchParams(search)
  const named = query.get('at')
  const owner = ownerOf(typeName)
  const at = serviceNames.find((name) => name === named) ?? owner ?? 'movie'
  const instance = owner === undefined && at !== 'movie' ? query.get('instance') : null
  return { at, instance: instance || undefined }
}

/** Returns whether the page lists an RPC service at a service, which may forward those of others. */
export function isListed(typeName: string, at: ServiceName): boolean {
  return (ownerOf(typeName) ?? at) === at
}

/** Owners of RPC services whose packages have other names. */
const owners: Readonly<Record<string, ServiceName>> = {
  'system.v1.SystemService': 'movie',
  'system.v1.DeadLetterService': 'rating',
}

/** Returns `undefined` for an RPC service that several services have. */
export function ownerOf(typeName: string): ServiceName | undefined {
  return owners[typeName] ?? serviceNames.find((name) => typeName.startsWith(`${name}.`))
}
