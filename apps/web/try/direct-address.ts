import { createCalls } from '@marquee/client/calls'
import { SystemService } from '@marquee/client/system'
import type { ServiceAddresses } from '../addresses.ts'
import { optionsOf } from '../clients.ts'
import { ownerOf, type ServiceName } from './try-path.ts'

/** The address of a service without a path before the method. */
export interface DirectAddress {
  readonly url: URL | undefined
  /** True for the address of one instance, which a shell elsewhere may not reach. */
  readonly isInstance: boolean
}

/** An RPC service, and the service that the page calls for it. */
interface Target {
  readonly typeName: string
  readonly at: ServiceName
}

/** Timeout of looking for an instance, in milliseconds. */
const timeoutMs = 5_000

/**
 * The origin of a service that has one, or the page's, at which movie serves the RPC services of the
 * others. Those that several services have need the address of an instance, if one is known.
 */
export async function directAddress(
  { typeName, at }: Target,
  addresses: () => Promise<ServiceAddresses>,
  origin: string,
  signal: AbortSignal,
): Promise<DirectAddress> {
  const { services } = await addresses()
  const url = services[at]
  if (!url.startsWith('/')) return { url: new URL(url || origin), isInstance: false }
  if (ownerOf(typeName) === at) return { url: new URL(origin), isInstance: false }
  const instanceUrl = await instanceOf(at, signal)
  return { url: instanceUrl, isInstance: instanceUrl !== undefined }
}

/** The address of an instance of the service, or undefined when none is known. */
async function instanceOf(at: ServiceName, aborted: AbortSignal): Promise<URL | undefined> {
  const system = createCalls(SystemService, optionsOf(''))
  for await (const report of system.watchSystem({}, { signal: aborted, timeoutMs })) {
    if (!report.ok) return undefined
    const own = report.value.services.find(({ service }) => service === at)
    const [instance] = own?.instances ?? []
    return instance && new URL(instance.url)
  }
  return undefined
}
