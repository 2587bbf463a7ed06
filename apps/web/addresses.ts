/** Base URLs of the services: a path of the page's own origin, or another origin. */
export interface ServiceAddresses {
  readonly services: { readonly movie: string; readonly metadata: string; readonly rating: string }
  /** What commands for a shell name instead, as far as it is known: origins, for tools that take no path. */
  readonly commandUrls?: Partial<ServiceAddresses['services']>
}

/** Where the movie service forwards to, unless it is configured otherwise. */
export const defaultAddresses: ServiceAddresses = {
  services: { movie: '', metadata: '/services/metadata', rating: '/services/rating' },
}

const timeoutMs = 5_000

/**
 * Asks the server that brought the page. The defaults when it cannot be asked: if they are wrong
 * too, the calls that use them fail where it shows.
 */
export async function fetchAddresses(): Promise<ServiceAddresses> {
  try {
    const response = await fetch('/page.json', { signal: AbortSignal.timeout(timeoutMs) })
    return response.ok ? parseAddresses(await response.json()) : defaultAddresses
  } catch {
    return defaultAddresses
  }
}

/** A service that is not named, or not by text, keeps its default. */
export function parseAddresses(answer: unknown): ServiceAddresses {
  const told = answer as Record<'services' | 'commandUrls', Record<string, unknown>> | null
  const given = told?.services ?? {}
  const { movie, metadata, rating } = defaultAddresses.services
  const text = (value: unknown, fallback: string) => (typeof value === 'string' ? value : fallback)
  return {
    services: {
      movie: text(given.movie, movie),
      metadata: text(given.metadata, metadata),
      rating: text(given.rating, rating),
    },
    ...(told?.commandUrls ? { commandUrls: told.commandUrls } : {}),
  }
}
