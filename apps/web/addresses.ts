/** Base URLs of the services: a path of the page's own origin, or another origin. */
export interface ServiceAddresses {
  readonly services: { readonly movie: string; readonly metadata: string; readonly rating: string }
  readonly hasSignIn?: boolean
  /** Notice about the data, for the footer. Empty for none. */
  readonly dataNotice?: string
  /** Year of the catalogue's data. Undefined for data that is kept current. */
  readonly dataYear?: number | undefined
}

/** The paths that the movie service forwards by default. */
export const defaultAddresses: ServiceAddresses = {
  services: { movie: '', metadata: '/services/metadata', rating: '/services/rating' },
}

const timeoutMs = 5_000

/**
 * Reads the addresses from the page's own server. Returns the defaults when it fails: if they are
 * wrong too, the calls that use them fail visibly.
 */
export async function fetchAddresses(): Promise<ServiceAddresses> {
  try {
    const response = await fetch('/page.json', { signal: AbortSignal.timeout(timeoutMs) })
    return response.ok ? parseAddresses(await response.json()) : defaultAddresses
  } catch {
    return defaultAddresses
  }
}

interface PageJson {
  readonly services?: Readonly<Record<string, unknown>>
  readonly hasSignIn?: unknown
  readonly dataNotice?: unknown
  readonly dataYear?: unknown
}

/** Reads `/page.json`; a service without a text there keeps its default. */
function parseAddresses(json: unknown): ServiceAddresses {
  const config = json as PageJson | null
  const given = config?.services ?? {}
  const { movie, metadata, rating } = defaultAddresses.services
  const text = (value: unknown, fallback: string) => (typeof value === 'string' ? value : fallback)
  return {
    services: {
      movie: text(given.movie, movie),
      metadata: text(given.metadata, metadata),
      rating: text(given.rating, rating),
    },
    hasSignIn: config?.hasSignIn === true,
    dataNotice: text(config?.dataNotice, ''),
    dataYear: Number.isInteger(config?.dataYear) ? Number(config?.dataYear) : undefined,
  }
}
