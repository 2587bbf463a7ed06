import type { ServiceAddresses } from '../addresses.ts'

/** Short name of a service; each serves several RPC services. */
export type ServiceName = keyof ServiceAddresses['services']

export const serviceNames: readonly ServiceName[] = ['movie', 'metadata', 'rating']

/** The page's path for a method. `at` is in the query for RPC services that several services have. */
export function tryPath(typeName: string, methodName: string, at: ServiceName): string {
  const path = `/try/${typeName}/${methodName}`
  return ownerOf(typeName) === at ? path : `${path}?at=${at}`
}

/** The service that serves an RPC service, by the query of the page. */
export function serviceAt(typeName: string, search: string): ServiceName {
  const named = new URLSearchParams(search).get('at')
  return serviceNames.find((name) => name === named) ?? ownerOf(typeName) ?? 'movie'
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
