import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, type ServiceImpl } from '@connectrpc/connect'
import { callKey } from '@marquee/connect-hono/call'
import { quoted } from '@marquee/connect-hono/errors/text'
import type { Validate } from '@marquee/connect-hono/validation'
import { bulkPut } from '@marquee/service/rest/bulk'
import { setVersion } from '@marquee/service/rest/conditional'
import {
  type ImportMetadataRequest,
  type Metadata as MetadataMessage,
  MetadataSchema,
  type MetadataService,
} from '../../gen/metadata/v1/metadata_pb.ts'
import { type FollowingCatalogue, followStore } from './catalogue/follow.ts'
import { fromExternalIds, groupByMovies, sourceOf } from './external-ids.ts'
import { createListMetadata } from './list-metadata.ts'
import type { Metadata, StoredMetadata } from './metadata.ts'
import type { MetadataStore } from './store/port.ts'

/** Maximum number of movies that the response names for an ambiguous external id. */
const claimedMax = 5

export interface MetadataRpcOptions {
  readonly store: MetadataStore
  /** Default: one that follows the store. */
  readonly catalogue?: FollowingCatalogue
  /** Validates the movies of an import, one by one. */
  readonly validate: Validate
}

/** Implements `metadata.v1.MetadataService` on a store. */
export function createMetadataRpc({ store, validate, ...options }: MetadataRpcOptions) {
  const { catalogue = followStore(store) } = options
  const toMessage = createToMessage()
  return {
    async getMetadata({ movieId }, context) {
      const found = await store.get(movieId)
      if (found === undefined) throw unknownMovie(movieId)
      setVersion(context, found.revision)
      return { metadata: toMessage(found) }
    },

    async batchGetMetadata({ movieIds }, context) {
      setVersion(context, await store.revision())
      const found = await store.getMany(movieIds)
      return {
        metadata: movieIds.flatMap((id) => found.get(id) ?? []).map(toMessage),
        missingMovieIds: movieIds.filter((id) => !found.has(id)),
      }
    },

    async batchGetMovieIds({ source, externalIds }, context) {
      setVersion(context, await store.revision())
      const name = sourceOf(source)
      return groupByMovies(externalIds, await store.findByExternalId(name, externalIds, claimedMax))
    },

    async putMetadata({ metadata }) {
      const movie = fromMessage(metadata)
      const [outcome] = await store.put([movie])
      const stored = await store.get(movie.id)
      return {
        metadata: stored === undefined ? movieMessage(movie) : toMessage(stored),
        created: outcome === 'created',
      }
    },

    async deleteMetadata({ movieId }) {
      return { deleted: await store.delete(movieId) }
    },

    listMetadata: createListMetadata({ store, catalogue, toMessage }),

    async importMetadata(requests, { values }) {
      const summary = await bulkPut<ImportMetadataRequest, Metadata>({
        requests,
        accept({ metadata }) {
          if (metadata === undefined) return { refused: 'metadata: value is required' }
          const violation = validate(MetadataSchema, metadata)
          return violation ? { refused: violation.rawMessage } : fromMessage(metadata)
        },
        idOf: ({ metadata }) => metadata?.id,
        put: (movies) => store.put(movies),
        memory: values.get(callKey)?.memory,
      })
      return {
        ...summary,
        refusals: summary.refusals.map(({ id, ...refusal }) => ({ ...refusal, movieId: id })),
      }
    },
  } satisfies ServiceImpl<typeof MetadataService>
}

export type MetadataRpc = ReturnType<typeof createMetadataRpc>

function unknownMovie(id: string): ConnectError {
  return new ConnectError(`no metadata of the movie ${quoted(id)}`, Code.NotFound)
}

/**
 * Creates the message of a movie once for as long as the store returns the same object, which has
 * not changed then.
 */
function createToMessage(): (stored: StoredMetadata) => MetadataMessage {
  const messages = new WeakMap<StoredMetadata, MetadataMessage>()
  return (stored) => {
    const known = messages.get(stored)
    if (known !== undefined) return known
    const message = movieMessage(stored)
    message.updateTime = timestampFromMs(stored.updateTimeMs)
    messages.set(stored, message)
    return message
  }
}

/**
 * Converts a movie to its message. Here and in `fromMessage`, each property is named, so that
 * nothing else is saved.
 */
function movieMessage(movie: Metadata): MetadataMessage {
  const { id, title, description, director, releaseDate, year } = movie
  const { runningTimeMinutes, imdbRating, imdbVotes, externalIds } = movie
  return create(MetadataSchema, {
    ...{ id, title, description, director, releaseDate, year, genres: [...movie.genres] },
    ...{ runningTimeMinutes, imdbRating, imdbVotes },
    ...(externalIds && { externalIds }),
  })
}

function fromMessage(message: MetadataMessage = create(MetadataSchema)): Metadata {
  const { id, title, description, director, releaseDate, year, genres } = message
  const { runningTimeMinutes, imdbRating, imdbVotes } = message
  const externalIds = fromExternalIds(message.externalIds)
  return {
    ...{ id, title, description, director, releaseDate, genres },
    ...(year !== undefined && { year }),
    ...(runningTimeMinutes !== undefined && { runningTimeMinutes }),
    ...(imdbRating !== undefined && { imdbRating }),
    ...(imdbVotes !== undefined && { imdbVotes }),
    ...(externalIds !== undefined && { externalIds }),
  }
}
