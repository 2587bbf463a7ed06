/** How many items are stored at once. */
const batchSizeMax = 500
/** How many refusals are told. */
const refusalsMax = 20

/** Why an item of a stream was not stored. */
export interface Refusal<Request> {
  /** The item's position in the stream, from 0. */
  readonly index: bigint
  readonly request: Request
  readonly reason: string
}

export interface BulkSummary<Request> {
  readonly createdCount: bigint
  readonly replacedCount: bigint
  readonly refusedCount: bigint
  /** The first few refusals. */
  readonly refusals: readonly Refusal<Request>[]
}

export interface BulkOptions<Request, Item> {
  readonly requests: AsyncIterable<Request>
  /** The item to store, or why there is none. */
  accept(request: Request): Item | { readonly refused: string }
  /** Stores items in order, and answers an outcome for each. */
  put(items: readonly Item[]): Promise<readonly ('created' | 'replaced')[]>
}

/**
 * Stores the items of a client stream in batches, taking the next of them only when a batch is stored, so that a slow
 * store slows the client down and memory stays bounded. Items that are refused are counted, and the rest goes in.
 */
export async function bulkPut<Request, Item extends object>(
  options: BulkOptions<Request, Item>,
): Promise<BulkSummary<Request>> {
  const refusals: Refusal<Request>[] = []
  const counts = { created: 0n, replaced: 0n, refused: 0n }
  let batch: Item[] = []
  const store = async () => {
    for (const outcome of await options.put(batch)) counts[outcome]++
    batch = []
  }
  let index = 0n
  for await (const request of options.requests) {
    const item = options.accept(request)
    if ('refused' in item) {
      counts.refused++
      if (refusals.length < refusalsMax) refusals.push({ index, request, reason: item.refused })
    } else {
      batch.push(item)
    }
    index++
    if (batch.length === batchSizeMax) await store()
  }
  if (batch.length > 0) await store()
  return {
    createdCount: counts.created,
    replacedCount: counts.replaced,
    refusedCount: counts.refused,
    refusals,
  }
}
