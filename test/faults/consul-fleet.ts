import { join } from 'node:path'
import { uniquePrefix } from '@marquee/testing/consul-registry'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import type { RuntimeName } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { openMetadataStore } from '../../services/metadata/store/open.ts'
import { defaultRules } from '../../services/rating/scoring.ts'
import { openRatingStore } from '../../services/rating/store/open.ts'
import { type ServiceProcess, startService } from '../system/service-process.ts'

/** A movie with a rating that every instance has from the start. */
export const alien = {
  id: 'alien',
  title: 'Alien',
  description: '',
  director: 'Ridley Scott',
  releaseDate: '1979',
  genres: [],
}

export type ServiceName = 'metadata' | 'rating' | 'movie'

/**
 * Services in separate processes that discover each other through Consul. Disposing stops all of
 * them.
 */
export interface Fleet extends AsyncDisposable {
  /** Prefix of its service names in Consul. */
  readonly prefix: string
  /**
   * Starts an instance, with its own database that contains `alien`.
   * @param flags More flags of its command line.
   */
  start(service: ServiceName, flags?: readonly string[]): Promise<ServiceProcess>
}

/** Creates a fleet with unique service names in the Consul at the address. Default runtime: Bun. */
export async function startFleet(address: string, runtime: RuntimeName = 'bun'): Promise<Fleet> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const prefix = uniquePrefix()
  const kept = stack.move()
  let startedCount = 0
  return {
    prefix,
    async start(service, flags = []) {
      const file = join(folder.path, `${service}-${startedCount++}`)
      const inConsul = ['--consul-http-addr', address, '--consul-service-prefix', prefix]
      const checked = ['--consul-check-interval-ms', '1000']
      const args = [...inConsul, ...checked, ...(await prepare[service](file)), ...flags]
      return kept.use(await startService({ service, runtime, args }))
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Fills the database of an instance, and returns the flags with its location. */
const prepare: Readonly<Record<ServiceName, (file: string) => Promise<string[]>>> = {
  async metadata(file) {
    const url = `sqlite:${file}.db`
    await using store = await openMetadataStore(url)
    await store.put([alien])
    return ['--database-url', url]
  },
  async rating(file) {
    const url = `sqlite:${file}.db`
    await using store = await openRatingStore(url, { rules: defaultRules })
    const record = { recordType: 'movie', recordId: alien.id }
    await store.put([{ ...record, userId: 'ada', value: 5 }])
    return ['--database-url', url, '--event-log', `${file}-events.db`]
  },
  movie: async () => [],
}

/** Resolves when movie knows this many instances of a service. */
export async function knows(
  movie: ServiceProcess,
  service: ServiceName,
  count: number,
): Promise<void> {
  const counted = async () =>
    (await metric(movie, `marquee_discovery_instances{service="${service}"}`)) === count
  await waitFor(counted, { what: `${count} of ${service} to be known`, timeoutMs: 20_000 })
}

/** Returns a metric of a service, or 0 without such a name and labels. */
export async function metric({ url }: ServiceProcess, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return line === undefined ? 0 : Number(line.slice(name.length + 1))
}

/** Returns the number of calls of a method to which an instance has responded. */
export function responseCount(instance: ServiceProcess, method: string): Promise<number> {
  const labels = `protocol="grpc",method="${method}",code="ok"`
  return metric(instance, `marquee_calls_total{${labels}}`)
}
