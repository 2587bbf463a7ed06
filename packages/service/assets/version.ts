import { createHash } from 'node:crypto'

/** Returns a hash of the bytes, for ETags. */
export function versionOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}
