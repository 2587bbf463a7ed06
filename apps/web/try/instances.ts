import { createCalls } from '@marquee/client/calls'
import { SystemService } from '@marquee/client/system'
import { type ReadonlySignal, signal } from '@preact/signals'
import type { ServiceAddresses } from '../addresses.ts'
import { optionsOf } from '../clients.ts'
import type { ServiceName } from './try-path.ts'

/** An instance that the registry knows. */
export interface Instance {
  readonly id: string
  /** Origin of its own port. */
  readonly url: string
}

export type KnownInstances = Readonly<Record<ServiceName, readonly Instance[]>>

/** The instances that a call can name: those of the services that movie forwards to. */
export interface Instances {
  /** Empty until they are loaded. */
  readonly known: ReadonlySignal<KnownInstances>
  /** Loads them again. Without them, any instance is called. */
  load(): Promise<KnownInstances>
}

/** Timeout of loading the instances, in milliseconds. */
const timeoutMs = 5_000

const none = byService(() => [])

/** @param read Returns the instances of the registry by service. Default: from `SystemService`. */
export function createInstances(
  addresses: () => Promise<ServiceAddresses>,
  read: () => Promise<KnownInstances> = readSystem,
): Instances {
  const known = signal(none)
  let loading: Promise<KnownInstances> | undefined
  const load = async () => {
    const { services } = await addresses()
    const found = await read()
    // At another origin there is no gateway, which would read the name of the instance.
    known.value = byService((name) => (services[name].startsWith('/') ? found[name] : []))
    return known.value
  }
  return {
    known,
    load() {
      loading ??= load().finally(() => {
        loading = undefined
      })
      return loading
    },
  }
}

/** Reads the first report of the system. There are no instances for a caller who may not see it. */
async function readSystem(): Promise<KnownInstances> {
  const system = createCalls(SystemService, optionsOf(''))
  for await (const report of system.watchSystem({}, { timeoutMs })) {
    if (!report.ok) return none
    const { services } = report.value
    return byService((name) => services.find(({ service }) => service === name)?.instances ?? [])
  }
  return none
}

function byService(of: (name: ServiceName) => readonly Instance[]): KnownInstances {
  return { movie: of('movie'), metadata: of('metadata'), rating: of('rating') }
}
