import { createHash } from 'node:crypto'
import type { RatingChange } from '../rating.ts'
import type { ChangeBatch } from './port.ts'

/** Table of PostgreSQL. */
export const skippedEventsTable = `CREATE TABLE skipped_events (
    topic text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    user_hash text NOT NULL,
    before_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition, user_hash)
  );`

/** Events of a user in one partition that are ignored: those before an offset. */
export interface Skip {
  readonly userHash: string
  readonly before: number
}

/**
 * Returns a hash that identifies the user within the installation. It is saved instead of the id,
 * which is to be forgotten, and differs from the hash in any other installation.
 */
export function userHash(installationId: string, userId: string): string {
  return createHash('sha256').update(`${installationId}:${userId}`).digest('hex')
}

/** Returns the changes of the batch that are not skipped. */
export function keptChanges(
  { changes, offsets }: ChangeBatch,
  skips: readonly Skip[],
  installationId: () => string,
): readonly RatingChange[] {
  if (skips.length === 0) return changes
  const installation = installationId()
  return changes.filter(({ userId }, index) => {
    const hash = userHash(installation, userId)
    const offset = offsets?.[index] ?? 0
    return !skips.some(({ userHash, before }) => userHash === hash && offset < before)
  })
}
