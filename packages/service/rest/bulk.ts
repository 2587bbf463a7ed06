import type { CallMemory } from '@marquee/connect-hono/call-memory'

/** How many items are stored at once, and about how many bytes of them. */
const batchLimits = { itemsMax: 500, bytesMax: 256 * 1024 }
/** How many refusals are reported, and how much of the id of each; a longer id is among what is wrong with it. */
const refusalsMax = 20
const refusedIdCharsMax = 128
/** What an item takes beside its texts, in bytes. */
const itemBytes = 256
/** The batch's memory is granted in steps, in bytes. */
const grantBytes = 32 * 1024

/** Why an item of a stream was not stored. */
export interface Refusal {
  /** The item's position in the stream, from 0. */
  readonly index: bigint
  /** The id of its record, as far as it is reported. */
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
  /** The item to store, or why there is none. */
  accept(request: Request): Item | { readonly refused: string }
  /** The id of a request that was refused; its first characters are kept. */
  idOf(request: Request): string | undefined
  /** Stores items in order, and returns an outcome for each. */
  put(items: readonly Item[]): Promise<readonly ('created' | 'replaced')[]>
  /** Charged with the current batch. Without a call, nothing is charged. */
  readonly memory?: CallMemory | undefined
}

/**
 * Stores the items of a client stream in batches, taking the next of them only when a batch is stored, so that a slow
 * store slows the client down and memory stays bounded. Items that are refused are counted, and the rest goes in.
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

/** About how many bytes an item takes: two for each character of its texts. */
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

/** A part of a text may keep all of it: its characters are copied. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
