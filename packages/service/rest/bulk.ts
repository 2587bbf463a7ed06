import type { CallMemory } from '@marquee/connect-hono/call-memory'

/** Maximum number of items in a batch, and their approximate maximum size. */
const batchLimits = { itemsMax: 500, bytesMax: 256 * 1024 }
/** Maximum number of refusals in the summary, and maximum length of the id of each. */
const refusalsMax = 20
const refusedIdCharsMax = 128
/** Memory of an item besides its texts, in bytes. */
const itemBytes = 256
/** Step in which memory is reserved for a batch, in bytes. */
const grantBytes = 32 * 1024

/** Refusal of an item of a stream. */
export interface Refusal {
  /** Position of the item in the stream, from 0. */
  readonly index: bigint
  /** First 128 characters of the id of its record. */
  readonly id: string
  readonly reason: string
}

export interface BulkSummary {
  readonly createdCount: bigint
  readonly replacedCount: bigint
  readonly refusedCount: bigint
  /** The first few refusals. */
  readonly refusals: readonly Refusal[]
}

export interface BulkOptions<Request, Item> {
  readonly requests: AsyncIterable<Request>
  /** Returns the item to store, or the reason for the refusal. */
  accept(request: Request): Item | { readonly refused: string }
  /** Returns the id of a refused request. */
  idOf(request: Request): string | undefined
  /** Stores items in order, and returns an outcome for each. */
  put(items: readonly Item[]): Promise<readonly ('created' | 'replaced')[]>
  /** Memory to charge with the current batch. Default: nothing is charged. */
  readonly memory?: CallMemory | undefined
}

/**
 * Stores the items of a client stream in batches. It reads the next item only when a batch is
 * stored, so that a slow store slows the client down and memory stays bounded. Refused items are
 * counted, and the others are stored.
 */
export async function bulkPut<Request, Item extends object>(
  options: BulkOptions<Request, Item>,
): Promise<BulkSummary> {
  const { memory } = options
  const refusals: Refusal[] = []
  const counts = { created: 0n, replaced: 0n, refused: 0n }
  let batch: Item[] = []
  let batchBytes = 0
  let heldBytes = 0
  const store = async () => {
    for (const outcome of await options.put(batch)) counts[outcome]++
    memory?.release(heldBytes)
    batch = []
    batchBytes = 0
    heldBytes = 0
  }
  let index = 0n
  for await (const request of options.requests) {
    const item = options.accept(request)
    if ('refused' in item) {
      counts.refused++
      if (refusals.length < refusalsMax) {
        const id = copyOf((options.idOf(request) ?? '').slice(0, refusedIdCharsMax))
        refusals.push({ index, id, reason: item.refused })
      }
    } else {
      batch.push(item)
      batchBytes += sizeOf(item)
    }
    index++
    if (batch.length >= batchLimits.itemsMax || batchBytes >= batchLimits.bytesMax) await store()
    else if (batchBytes > heldBytes) {
      const bytes = Math.max(grantBytes, batchBytes - heldBytes)
      await memory?.hold(bytes)
      heldBytes += bytes
    }
  }
  if (batch.length > 0) await store()
  return {
    createdCount: counts.created,
    replacedCount: counts.replaced,
    refusedCount: counts.refused,
    refusals,
  }
}

/** Returns the approximate size of an item, with two bytes per character. */
function sizeOf(item: object): number {
  let bytes = itemBytes
  for (const value of Object.values(item)) {
    if (typeof value === 'string') bytes += 2 * value.length
    else if (Array.isArray(value)) {
      for (const one of value) bytes += typeof one === 'string' ? 64 + 2 * one.length : 64
    } else if (typeof value === 'object' && value !== null) bytes += sizeOf(value)
  }
  return bytes
}

/** Copies a text, because a slice can keep the whole text in memory. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
