import { createClient } from '@connectrpc/connect'
import { SystemService, type WatchSystemResponse } from '../../../gen/system/v1/system_pb.ts'
import type { ServiceAddresses } from '../addresses.ts'
import { createTransport } from '../clients.ts'
import type { ServiceName } from './try-path.ts'

/** Where a service can be reached without a path before the method. */
export interface OwnAddress {
  readonly url: URL | undefined
  /** Whether it is the address of one instance, which a browser or shell elsewhere may not reach. */
  readonly isInstance: boolean
}

/** How long to wait for an instance to be known. */
const timeoutMs = 5_000

/** The service's public origin, where there is one; else the address of an instance; else none. */
export async function ownAddress(
  at: ServiceName,
  addresses: () => Promise<ServiceAddresses>,
  origin: string,
  signal: AbortSignal,
): Promise<OwnAddress> {
  const { services, commandUrls } = await addresses()
  const url = commandUrls?.[at] ?? services[at]
  if (!url.startsWith('/')) return { url: new URL(url || origin), isInstance: false }
  const instanceUrl = await instanceOf(at, signal)
  return { url: instanceUrl, isInstance: instanceUrl !== undefined }
}

/** The address of an instance of the service, or undefined when none is known or nobody can tell. */
async function instanceOf(at: ServiceName, unwanted: AbortSignal): Promise<URL | undefined> {
  const client = createClient(SystemService, createTransport(''))
  const enough = new AbortController()
  const signal = AbortSignal.any([unwanted, enough.signal, AbortSignal.timeout(timeoutMs)])
  const reports = client.watchSystem({}, { signal, timeoutMs: 0 })
  const first = reports[Symbol.asyncIterator]().next()
  const report = await first
    .then(({ value }) => value as WatchSystemResponse | undefined)
    .catch(() => undefined)
  enough.abort()
  const own = report?.services.find(({ service }) => service === at)
  const [instance] = own?.instances ?? []
  return instance && new URL(instance.url)
}
