import { join } from 'node:path'
import { uniquePrefix } from '@marquee/testing/consul-registry'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import type { RuntimeName } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { openMetadataStore } from '../../services/metadata/store/open.ts'
import { openRatingStore } from '../../services/rating/store/open.ts'
import { type ServiceProcess, startService } from '../system/service-process.ts'

/** The movie that every instance knows, with a rating, from the start. */
export const alien = {
  id: 'alien',
  title: 'Alien',
  description: '',
  director: 'Ridley Scott',
  releaseDate: '1979',
  genres: [],
}

export type ServiceName = 'metadata' | 'rating' | 'movie'

/** Services as processes of their own, which find each other in Consul. Disposing ends all of them. */
export interface Fleet extends AsyncDisposable {
  /** What stands before the names of its services in Consul. */
  readonly prefix: string
  /** Starts one more instance, with a database of its own that knows `alien`. */
  start(service: ServiceName): Promise<ServiceProcess>
}

/** A fleet in the Consul at this address. Its services have names of their own there, and run on Bun unless told. */
export async function startFleet(address: string, runtime: RuntimeName = 'bun'): Promise<Fleet> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const prefix = uniquePrefix()
  const kept = stack.move()
  let startedCount = 0
  return {
    prefix,
    async start(service) {
      const file = join(folder.path, `${service}-${startedCount++}`)
      const inConsul = ['--consul-http-addr', address, '--consul-service-prefix', prefix]
      const checked = ['--consul-check-interval-ms', '1000']
      const args = [...inConsul, ...checked, ...(await prepare[service](file))]
      return kept.use(await startService({ service, runtime, args }))
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Fills an instance's database, and answers the flags that tell it where it is. */
const prepare: Readonly<Record<ServiceName, (file: string) => Promise<string[]>>> = {
  async metadata(file) {
    const url = `sqlite:${file}.db`
    await using store = await openMetadataStore(url)
    await store.put([alien])
    return ['--database-url', url]
  },
  async rating(file) {
    const url = `sqlite:${file}.db`
    await using store = await openRatingStore(url, { prior: { mean: 3, weight: 10 } })
    const record = { recordType: 'movie', recordId: alien.id }
    await store.put([{ ...record, userId: 'ada', value: 5 }])
    return ['--database-url', url, '--event-log', `${file}-events.db`]
  },
  movie: async () => [],
}

/** Resolves when movie knows so many instances of a service. */
export async function knows(
  movie: ServiceProcess,
  service: ServiceName,
  count: number,
): Promise<void> {
  const counted = async () =>
    (await metric(movie, `marquee_discovery_instances{service="${service}"}`)) === count
  await waitFor(counted, { what: `${count} of ${service} to be known`, timeoutMs: 20_000 })
}

/** A metric of a service; 0 when it has none of that name and labels. */
export async function metric({ url }: ServiceProcess, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const line = text.split('\n').find((one) => one.startsWith(`${name} `))
  return line === undefined ? 0 : Number(line.slice(name.length + 1))
}

/** How many calls of a method an instance has answered. */
export function answeredCount(instance: ServiceProcess, method: string): Promise<number> {
  const labels = `protocol="grpc",method="${method}",code="ok"`
  return metric(instance, `marquee_calls_total{${labels}}`)
}
