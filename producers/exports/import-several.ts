import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import type { Scale } from '../../services/rating/scale.ts'
import { withClient } from '../client.ts'
import type { Placed } from '../placed.ts'
import { checkScale, readScale } from './check-scale.ts'
import type { ExportedRating } from './exported-rating.ts'
import { type ImportTarget, senderOf } from './import-person.ts'
import { importUsers } from './import-users.ts'
import { matchRecords } from './match-records.ts'

export interface SeveralOptions {
  /** Opens the file from its beginning. It is read twice: for its records, then for its ratings. */
  open(): Promise<AsyncIterable<readonly Placed<ExportedRating>[]>>
  /** User whose ratings are imported. `undefined` for all users. */
  readonly userId: string | undefined
  /** True to take our own record ids of the file as they are. */
  readonly keepsIds: boolean
}

/** Imports the ratings of several users. Memory holds the records of the file, not its ratings. */
export async function importSeveral(
  { open, userId, keepsIds }: SeveralOptions,
  target: ImportTarget,
): Promise<void> {
  const { metadataUrl, ratingUrl, readToken, summary, signal, onProgress } = target
  const records = await open()
  const matches = await withClient(MetadataService, metadataUrl, readToken, (catalogue) =>
    matchRecords({ batches: records, catalogue, keepsIds, onProgress, signal }),
  )
  if (signal.aborted) return
  await withClient(RatingService, ratingUrl, readToken, async (client) => {
    const scales = new Map<string, Scale>()
    const scaleOf = async (recordType: string, recordId: string) => {
      const known = scales.get(recordType)
      if (known !== undefined) return known
      if (recordType === 'movie') await checkScale(client, recordId, target.targetScale)
      const isMovie = recordType === 'movie'
      const scale = isMovie ? target.targetScale : await readScale(client, { recordType, recordId })
      scales.set(recordType, scale)
      return scale
    }
    const send = senderOf(client)
    const onPart = () => onProgress(summary.get('read'))
    const options = { matches, userId, scaleOf, send, summary, signal, onProgress: onPart }
    await importUsers({ ...options, batches: await open() })
  })
}
