import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { etagOf } from '@marquee/service/rest/write-condition'
import {
  type Metadata as MetadataMessage,
  MetadataSchema,
} from '../../gen/metadata/v1/metadata_pb.ts'
import { fromExternalIds } from './external-ids.ts'
import type { Metadata, StoredMetadata } from './metadata.ts'

/**
 * Creates the message of a movie once for as long as the store returns the same object, which has
 * not changed then.
 */
export function createToMessage(): (stored: StoredMetadata) => MetadataMessage {
  const messages = new WeakMap<StoredMetadata, MetadataMessage>()
  return (stored) => {
    const known = messages.get(stored)
    if (known !== undefined) return known
    const message = movieMessage(stored)
    message.updateTime = timestampFromMs(stored.updateTimeMs)
    message.etag = etagOf(stored.revision)
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

export function fromMessage(message: MetadataMessage = create(MetadataSchema)): Metadata {
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
