import type { ServiceAddresses } from '../addresses.ts'

/** A service of the product, by its short name; each serves several RPC services. */
export type ServiceName = keyof ServiceAddresses['services']

export const serviceNames: readonly ServiceName[] = ['movie', 'metadata', 'rating']

/** The address of the page for a method. `at` is told for RPC services that more than one service has. */
export function tryPath(typeName: string, methodName: string, at: ServiceName): string {
  const path = `/try/${typeName}/${methodName}`
  return ownerOf(typeName) === at ? path : `${path}?at=${at}`
}

/** Which service is meant by an RPC service and the search of the page's address. */
export function serviceAt(typeName: string, search: string): ServiceName {
  const named = new URLSearchParams(search).get('at')
  return serviceNames.find((name) => name === named) ?? ownerOf(typeName) ?? 'movie'
}

function ownerOf(typeName: string): ServiceName | undefined {
  return serviceNames.find((name) => typeName.startsWith(`${name}.`))
}
