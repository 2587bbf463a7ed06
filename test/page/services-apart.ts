import { join } from 'node:path'
import { freePorts } from '@marquee/testing/free-ports'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import { loadCatalogue } from '../../bench/catalogue.ts'
import { type ServiceProcess, startService } from '../system/service-process.ts'
import { buildPage, type Services } from './services.ts'

/** The three services, each in its own process. */
export interface ServicesApart extends Services {
  /** Kills the rating service without a shutdown. */
  killRating(): Promise<void>
  /** Starts it again on the same port and files, until the top list is back. */
  startRating(): Promise<void>
}

/** Starts the three services in separate processes, so that one can be killed. */
export async function startServicesApart(): Promise<ServicesApart> {
  await using stack = new AsyncDisposableStack()
  await buildPage()
  const { path: data } = stack.use(await temporaryFolder())
  const catalogue = ['--database-url', await loadCatalogue(data)]
  const [ratingPort = 0] = await freePorts(1)
  const ratingUrl = `http://localhost:${ratingPort}`
  const args = [...catalogue, '--rating-url', ratingUrl]
  const metadata = stack.use(await startService({ service: 'metadata', args }))
  const files = ['--database-url', `sqlite:${join(data, 'rating.db')}`]
  const eventLog = ['--event-log', join(data, 'events.db')]
  let rating: ServiceProcess | undefined
  const startRating = async () => {
    rating = await startService({
      service: 'rating',
      port: ratingPort,
      args: [...files, ...eventLog],
    })
  }
  stack.defer(() => rating?.[Symbol.asyncDispose]())
  await startRating()
  const addresses = ['--metadata-url', metadata.url, '--rating-url', ratingUrl]
  const movie = stack.use(await startService({ service: 'movie', args: addresses }))
  const topList = `${movie.url}/v1/movies:listDetails?order=ORDER_TOP_RATED`
  const hasTopList = async () => (await fetch(topList)).ok
  const untilTopList = () => waitFor(hasTopList, { what: 'the ratings in the catalogue' })
  await untilTopList()
  const started = stack.move()
  return {
    data,
    urls: { metadata: metadata.url, rating: ratingUrl, movie: movie.url },
    async startRating() {
      await startRating()
      await untilTopList()
    },
    async killRating() {
      rating?.program.kill('SIGKILL')
      await rating?.program.exited
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}
