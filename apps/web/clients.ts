import { createMarquee, type Marquee } from '@marquee/client'
import { browserPresence } from '@marquee/client/browser-presence'
import type { ClientOptions } from '@marquee/client/options'
import { defaultAddresses, fetchAddresses, type ServiceAddresses } from './addresses.ts'

/** Clients of the services. */
export interface Clients {
  /** At the page's own origin, so there is no address to wait for. */
  readonly movie: Marquee
  /** A client of the rating service. Resolves when its address is known. */
  readonly rating: () => Promise<Marquee>
  /** The server's base URLs, or the defaults when they could not be read. */
  readonly addresses: () => Promise<ServiceAddresses>
}

export function createClients(): Clients {
  const addresses = fetchAddresses()
  const rating = addresses.then(({ services }) => createMarquee(optionsOf(services.rating)))
  return {
    movie: createMarquee(optionsOf(defaultAddresses.services.movie)),
    rating: () => rating,
    addresses: () => addresses,
  }
}

/** Watches are closed while the page is hidden or offline. */
export function optionsOf(baseUrl: string): ClientOptions {
  return { baseUrl, presence: browserPresence }
}
