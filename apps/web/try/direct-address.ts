import { createCalls } from '@marquee/client/calls'
import { SystemService } from '@marquee/client/system'
import type { ServiceAddresses } from '../addresses.ts'
import { optionsOf } from '../clients.ts'
import type { ServiceName } from './try-path.ts'

/** The address of a service without a path before the method. */
export interface DirectAddress {
  readonly url: URL | undefined
  /** True for the address of one instance, which a shell elsewhere may not reach. */
  readonly isInstance: boolean
}

/** Timeout of looking for an instance. */
const timeoutMs = 5_000

/** The service's public origin, or the address of an instance, or none. */
export async function directAddress(
  at: ServiceName,
  addresses: () => Promise<ServiceAddresses>,
  origin: string,
  signal: AbortSignal,
): Promise<DirectAddress> {
  const { services, commandUrls } = await addresses()
  const url = commandUrls?.[at] ?? services[at]
  if (!url.startsWith('/')) return { url: new URL(url || origin), isInstance: false }
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
