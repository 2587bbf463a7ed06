import type { ServiceAddresses } from '../addresses.ts'
import type { KnownInstances } from './instances.ts'
import { ownerOf, type Place } from './try-path.ts'

/** The address of a service without a path before the method. */
export interface DirectAddress {
  readonly url: URL | undefined
  /** True for the address of one instance, which a shell elsewhere may not reach. */
  readonly isInstance: boolean
}

/** An RPC service, and where the page calls it. */
interface Target extends Place {
  readonly typeName: string
}

interface Lookups {
  readonly addresses: () => Promise<ServiceAddresses>
  readonly instances: () => Promise<KnownInstances>
  /** Origin of the page. */
  readonly origin: string
}

/**
 * The origin of a service that has one, or the page's, at which movie serves the RPC services of the
 * others. Those that several services have need the address of an instance: the chosen one, or any
 * that is known.
 */
export async function directAddress(
  { typeName, at, instance }: Target,
  { addresses, instances, origin }: Lookups,
): Promise<DirectAddress> {
  const { services } = await addresses()
  const url = services[at]
  if (!url.startsWith('/')) return { url: new URL(url || origin), isInstance: false }
  if (ownerOf(typeName) === at) return { url: new URL(origin), isInstance: false }
  const known = (await instances())[at]
  const found = known.find(({ id }) => instance === undefined || id === instance)
  return { url: found && new URL(found.url), isInstance: found !== undefined }
}
