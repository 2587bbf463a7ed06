import { ConnectError } from '@connectrpc/connect'
import { codeToString } from '@connectrpc/connect/protocol-connect'
import type { ErrorCode } from '@marquee/client/result'
import { type ReadonlySignal, signal } from '@preact/signals'
import type { ServiceAddresses } from '../addresses.ts'
import { loadErrorText } from '../rpc-error.ts'
import { expectedServices } from './bundled-services.ts'
import { type Reflected, reflect } from './reflection.ts'
import { isListed, type ServiceName, serviceNames } from './try-path.ts'

/** The state of loading a service's methods. */
export type Reflection =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly reason: string }
  | ({ readonly state: 'known'; readonly baseUrl: string } & Reflected)

export interface Reflections {
  readonly of: Readonly<Record<ServiceName, ReadonlySignal<Reflection>>>
  /** Loads the methods of a service again. */
  load(name: ServiceName): Promise<void>
}

/** Timeout of loading a service's methods. */
const timeoutMs = 10_000

interface ReflectionsOptions {
  readonly addresses: () => Promise<ServiceAddresses>
  readonly origin: string
  /** The service that is loaded at once; the others are loaded after it. */
  readonly first: ServiceName
  /** Calls back when the browser has nothing else to do. */
  readonly whenIdle: (callback: () => void) => void
}

/** Loads the methods of each service; a failure of one does not affect the others. */
export function createReflections(options: ReflectionsOptions): Reflections {
  const { addresses, origin, first, whenIdle } = options
  const start = () => signal<Reflection>({ state: 'loading' })
  const of = { movie: start(), metadata: start(), rating: start() }
  const load = async (name: ServiceName) => {
    of[name].value = { state: 'loading' }
    try {
      const { services } = await addresses()
      const baseUrl = absoluteUrl(services[name], origin)
      const reflected = await reflect(baseUrl, AbortSignal.timeout(timeoutMs), {
        isWanted: (typeName) => isListed(typeName, name),
        expected: expectedServices(name),
      })
      of[name].value = { state: 'known', baseUrl, ...reflected }
    } catch (error) {
      of[name].value = { state: 'failed', reason: reasonOf(error, name) }
    }
  }
  void load(first).then(() =>
    whenIdle(() => {
      for (const name of serviceNames) if (name !== first) void load(name)
    }),
  )
  return { of, load }
}

/** Returns why loading the methods of a service failed, for the person who waits. */
function reasonOf(thrown: unknown, name: ServiceName): string {
  const { code, rawMessage: message } = ConnectError.from(thrown)
  return loadErrorText({ code: codeToString(code) as ErrorCode, message }, name)
}

/** The absolute URL, without a slash at the end. */
function absoluteUrl(baseUrl: string, origin: string): string {
  return new URL(baseUrl || '/', origin).href.replace(/\/$/, '')
}
