import type { ServiceImpl } from '@connectrpc/connect'
import { callKey } from '@marquee/connect-hono/call'
import type { Validate } from '@marquee/connect-hono/validation'
import { bulkPut } from '@marquee/service/rest/bulk'
import { setResourceVersion, setVersion } from '@marquee/service/rest/conditional'
import {
  type ImportMetadataRequest,
  MetadataSchema,
  type MetadataService,
} from '../../gen/metadata/v1/metadata_pb.ts'
import { type FollowingCatalogue, followStore } from './catalogue/follow.ts'
import { groupByMovies, sourceOf } from './external-ids.ts'
import { createListMetadata } from './list-metadata.ts'
import type { Metadata } from './metadata.ts'
import { createToMessage, fromMessage } from './movie-message.ts'
import type { FollowedRatings } from './ratings/follow-ratings.ts'
import type { PeriodCopies } from './ratings/period-ratings.ts'
import type { MetadataStore } from './store/port.ts'
import { createWriteRpc, unknownMovie } from './write-rpc.ts'

/** Maximum number of movies that the response names for an ambiguous external id. */
const claimedMax = 5

export interface MetadataRpcOptions {
  readonly store: MetadataStore
  /** Default: one that follows the store. */
  readonly catalogue?: FollowingCatalogue
  /** Ratings of the catalogue. Default: none, and lists by ratings fail. */
  readonly ratings?: FollowedRatings | undefined
  /** Ratings of the periods. Default: none, and their lists fail. */
  readonly periods?: PeriodCopies | undefined
  /** Validates the movies of an import, one by one, and the result of an update. */
  readonly validate: Validate
}

/** Implements `metadata.v1.MetadataService` on a store. */
export function createMetadataRpc({ store, validate, ...options }: MetadataRpcOptions) {
  const { catalogue = followStore(store), ratings, periods } = options
  const toMessage = createToMessage()
  return {
    async getMetadata({ movieId }, context) {
      const found = await store.get(movieId)
      if (found === undefined) throw unknownMovie(movieId)
      setResourceVersion(context, found.revision)
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

    ...createWriteRpc({ store, validate, toMessage }),

    listMetadata: createListMetadata({ store, catalogue, ratings, periods, toMessage }),

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
