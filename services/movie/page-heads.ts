import type { Environment } from '@marquee/connect-hono/call'
import type { DocumentHead } from '@marquee/service/assets/document'
import type { HeadOf } from '@marquee/service/assets/routes'
import type { Context } from 'hono'
import type { Metadata } from '../../gen/metadata/v1/metadata_pb.ts'
import type { Caller, MetadataSource } from './movie.ts'

/** Maximum length of a movie's id, in characters, as its proto has it. */
const idLengthMax = 128

/** Maximum length of a description, in characters. Previews of links show no more. */
const descriptionLengthMax = 200
const firstCharacters = new RegExp(`^.{0,${descriptionLengthMax}}`, 'su')

export const notFoundHead = { title: 'Page not found · Marquee' }

const unknownMovie: DocumentHead = { status: 404, title: 'Movie not found · Marquee' }

/**
 * Returns the heads of the page's documents. That of a movie has its title; an unknown movie has
 * status 404. While metadata is unavailable, the page is served with the head that it was built
 * with.
 */
export function createPageHeads(
  metadata: Pick<MetadataSource<Metadata>, 'get'>,
): Readonly<Record<string, HeadOf>> {
  return {
    '/me': () => ({ title: 'My ratings · Marquee' }),
    '/system': () => ({ title: 'System · Marquee' }),
    '/try': () => ({ title: 'API explorer · Marquee' }),
    '/try/:service/:method': (c) => ({ title: `${c.req.param('method')} · Marquee` }),
    '/movies/:id': async (c) => {
      const id = c.req.param('id') ?? ''
      if ([...id].length > idLengthMax) return unknownMovie
      const movie = await metadata.get(id, callerOf(c))
      if (movie.kind === 'absent') return unknownMovie
      return movie.kind === 'found' ? movieHead(movie.value) : undefined
    },
  }
}

function callerOf(c: Context<Environment>): Caller {
  const { lifetime, requestId, span, principal } = c.get('call')
  const token = principal?.token
  return { signal: lifetime.signal, deadlineMs: undefined, requestId, span, token }
}

function movieHead(movie: Metadata): DocumentHead {
  const { title, year } = movie
  // Titles of remakes have their year: "King Kong (1933)".
  const name = year === undefined || title.endsWith(`(${year})`) ? title : `${title} (${year})`
  return { title: `${name} · Marquee`, description: descriptionOf(movie), type: 'video.movie' }
}

function descriptionOf({ description, director, genres }: Metadata): string {
  if (description !== '') return firstCharacters.exec(description)?.[0] ?? ''
  const facts = [...genres, ...(director === '' ? [] : [`directed by ${director}`])].join(', ')
  return `${facts === '' ? '' : `${facts}. `}Rate it, and watch its rating change live.`
}
