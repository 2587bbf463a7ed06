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

function ownerOf(typeName: string): ServiceName | undefined {
  return serviceNames.find((name) => typeName.startsWith(`${name}.`))
}
