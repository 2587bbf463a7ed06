import { clone } from '@bufbuild/protobuf'
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect'
import { quoted } from '@marquee/connect-hono/errors/text'
import type { Validate } from '@marquee/connect-hono/validation'
import { setResourceVersion } from '@marquee/service/rest/conditional'
import { createMask } from '@marquee/service/rest/field-mask'
import {
  type ConditionFields,
  readCondition,
  unmetCondition,
} from '@marquee/service/rest/write-condition'
import {
  type Metadata as MetadataMessage,
  MetadataSchema,
  type MetadataService,
} from '../../gen/metadata/v1/metadata_pb.ts'
import type { StoredMetadata } from './metadata.ts'
import { fromMessage } from './movie-message.ts'
import { withReason } from './reasons.ts'
import type { EditedMovie, MetadataStore, MovieEdit } from './store/port.ts'

export interface WriteRpcOptions {
  readonly store: MetadataStore
  /** Validates the result of an update. */
  readonly validate: Validate
  readonly toMessage: (stored: StoredMetadata) => MetadataMessage
}

type WriteMethods = 'putMetadata' | 'updateMetadata' | 'deleteMetadata'

/** Fields that the service sets. The id is that of the movie to update. */
const kept = new Set(['id', 'update_time', 'etag'])

/** Implements the writes of one movie, each on a condition. */
export function createWriteRpc({ store, validate, toMessage }: WriteRpcOptions) {
  /** Edits a movie if it meets the condition. Otherwise nothing changes, and the error says why. */
  async function edit(
    id: string,
    fields: ConditionFields,
    decide: (before: StoredMetadata | undefined) => MovieEdit,
  ): Promise<EditedMovie> {
    const isMet = readCondition(fields)
    const edited = await store.edit(id, (before) =>
      isMet(before?.revision) ? decide(before) : 'keep',
    )
    const revision = edited.before?.revision
    if (!isMet(revision)) throw unmetCondition(`the movie ${quoted(id)}`, fields, revision)
    return edited
  }

  function respond({ after }: EditedMovie, context: HandlerContext) {
    if (after === undefined) return {}
    setResourceVersion(context, after.revision)
    return { metadata: toMessage(after) }
  }

  return {
    async putMetadata({ metadata, etag, mustNotExist }, context) {
      const movie = fromMessage(metadata)
      const fields = conditionOf({ etag, mustNotExist }, metadata)
      const edited = await edit(movie.id, fields, () => movie)
      return { ...respond(edited, context), created: edited.before === undefined }
    },

    async updateMetadata({ metadata, updateMask, etag }, context) {
      const id = metadata?.id ?? ''
      const mask = createMask(MetadataSchema, metadata, { paths: updateMask?.paths, kept })
      const edited = await edit(id, conditionOf({ etag }, metadata), (before) => {
        if (before === undefined || mask.isEmpty) return 'keep'
        const updated = clone(MetadataSchema, toMessage(before))
        mask.apply(updated)
        const violation = validate(MetadataSchema, updated)
        if (violation !== undefined) throw violation
        return fromMessage(updated)
      })
      if (edited.before === undefined) throw unknownMovie(id)
      return respond(edited, context)
    },

    async deleteMetadata({ movieId, etag }) {
      const { before } = await edit(movieId, { etag }, () => 'delete')
      return { deleted: before !== undefined }
    },
  } satisfies Pick<ServiceImpl<typeof MetadataService>, WriteMethods>
}

/** Returns the condition of the request or, when it has none, the ETag of its movie. */
function conditionOf(own: ConditionFields, metadata: MetadataMessage | undefined): ConditionFields {
  return own.mustNotExist || own.etag !== '' ? own : { etag: metadata?.etag ?? '' }
}

export function unknownMovie(id: string): ConnectError {
  const error = new ConnectError(`no metadata of the movie ${quoted(id)}`, Code.NotFound)
  return withReason(error, 'MOVIE_NOT_FOUND', { movieId: id })
}
