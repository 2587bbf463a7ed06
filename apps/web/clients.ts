import { type Client, createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { defaultAddresses, fetchAddresses, type ServiceAddresses } from './addresses.ts'

/** Timeout of one call; the server's own is shorter. Streams have none. */
const callTimeoutMs = 10_000

/** RPC clients of the services. */
export interface Clients {
  /** At the page's own origin, so there is no address to wait for. */
  readonly movies: Client<typeof MovieService>
  /** Resolves when the addresses are known. */
  readonly ratings: () => Promise<Client<typeof RatingService>>
  /** The server's base URLs, or the defaults when they could not be read. */
  readonly addresses: () => Promise<ServiceAddresses>
}

export function createClients(): Clients {
  const addresses = fetchAddresses()
  const ratings = addresses.then(({ services }) =>
    createClient(RatingService, createTransport(services.rating)),
  )
  return {
    movies: createClient(MovieService, createTransport(defaultAddresses.services.movie)),
    ratings: () => ratings,
    addresses: () => addresses,
  }
}

/** Connect over fetch with binary messages. Reads are GETs, which the browser revalidates by ETag. */
export function createTransport(baseUrl: string) {
  return createConnectTransport({
    baseUrl: baseUrl || '/',
    useBinaryFormat: true,
    useHttpGet: true,
    defaultTimeoutMs: callTimeoutMs,
  })
}
