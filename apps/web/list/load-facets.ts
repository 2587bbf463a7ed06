import type { Facets } from '@marquee/client/metadata'
import type { Result } from '@marquee/client/result'
import type { PageProps } from '../page-props.ts'
import { fallbackOf } from './feed.ts'
import { listRequest, withoutRatings } from './list-request.ts'
import type { ListView } from './list-view.ts'

export type ListedFacets = Result<Facets | undefined>

/** Loads the facets of the list as it is shown: without ratings, it is by IMDb. */
export async function loadFacets(
  { clients }: Pick<PageProps, 'clients'>,
  view: ListView,
): Promise<ListedFacets> {
  const list = (shown: ListView) => {
    const request = { ...listRequest(shown), pageSize: 1, includeFacets: true }
    return clients.movie.movies.listMovies(request)
  }
  const first = await list(view)
  const result = fallbackOf(view, first) ? await list(withoutRatings(view)) : first
  return result.ok ? { ok: true, value: result.value.facets } : result
}
