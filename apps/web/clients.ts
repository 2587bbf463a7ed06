import { type Client, createClient } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { MovieService } from '../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { defaultAddresses, fetchAddresses, type ServiceAddresses } from './addresses.ts'

/** How long one call may take; the server's own deadline is shorter. Streams have none. */
const callTimeoutMs = 10_000

/** How the page reaches the services. */
export interface Clients {
  /** Always at the page's own origin, so there is no need to wait for an address. */
  readonly movies: Client<typeof MovieService>
  /** Known once the page's addresses are. */
  readonly ratings: () => Promise<Client<typeof RatingService>>
  /** Base URLs as the server told them, or the defaults when it could not. */
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

/** Connect over fetch, messages in binary; reads are GETs, which the browser revalidates by ETag. */
export function createTransport(baseUrl: string) {
  return createConnectTransport({
    baseUrl: baseUrl || '/',
    useBinaryFormat: true,
    useHttpGet: true,
    defaultTimeoutMs: callTimeoutMs,
  })
}
