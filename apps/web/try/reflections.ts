import { ConnectError } from '@connectrpc/connect'
import { type ReadonlySignal, signal } from '@preact/signals'
import type { ServiceAddresses } from '../addresses.ts'
import { type Reflected, reflect } from './reflection.ts'
import { isListed, type ServiceName, serviceNames } from './try-path.ts'

/** The state of loading a service's methods. */
export type Reflection =
  | { readonly state: 'loading'; readonly isFirst: boolean }
  | { readonly state: 'failed'; readonly reason: string }
  | ({ readonly state: 'known'; readonly baseUrl: string } & Reflected)

export interface Reflections {
  readonly of: Readonly<Record<ServiceName, ReadonlySignal<Reflection>>>
  /** Loads the methods of a service again. */
  load(name: ServiceName): Promise<void>
}

/** Timeout of loading a service's methods. */
const timeoutMs = 10_000

/** Loads the methods of each service; a failure of one does not affect the others. */
export function createReflections(
  addresses: () => Promise<ServiceAddresses>,
  origin: string,
): Reflections {
  const start = () => signal<Reflection>({ state: 'loading', isFirst: true })
  const of = { movie: start(), metadata: start(), rating: start() }
  const load = async (name: ServiceName) => {
    if (of[name].value.state !== 'loading') of[name].value = { state: 'loading', isFirst: false }
    try {
      const { services } = await addresses()
      const baseUrl = absoluteUrl(services[name], origin)
      const { registry, ...all } = await reflect(baseUrl, AbortSignal.timeout(timeoutMs))
      const listed = all.services.filter(({ typeName }) => isListed(typeName, name))
      of[name].value = { state: 'known', baseUrl, registry, services: listed }
    } catch (error) {
      of[name].value = { state: 'failed', reason: ConnectError.from(error).rawMessage }
    }
  }
  for (const name of serviceNames) void load(name)
  return { of, load }
}

/** The absolute URL, without a slash at the end. */
function absoluteUrl(baseUrl: string, origin: string): string {
  return new URL(baseUrl || '/', origin).href.replace(/\/$/, '')
}
