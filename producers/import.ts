import { inParts } from './input.ts'
import type { Placed } from './placed.ts'
import type { Summary } from './summary.ts'

/**
 * Maximum number of messages in a call. One call for a whole file would need a deadline of hours,
 * would depend on the backpressure of HTTP/2, which not every runtime has, and would report nothing
 * until its end.
 */
export const callSizeMax = 5_000

/** An item with its place in the file. */
export interface PlacedItem<T> {
  readonly where: string
  readonly item: T
}

/** Response to an import: `ImportMetadataResponse` or `ImportRatingsResponse`. */
export interface ImportResponse {
  readonly createdCount: bigint
  readonly replacedCount: bigint
  readonly refusedCount: bigint
  readonly refusals: readonly { readonly index: bigint; readonly reason: string }[]
}

export interface ImportOptions<T> {
  readonly batches: AsyncIterable<readonly Placed<T>[]>
  /** Sends the items to a service in one call. */
  send(items: readonly T[]): Promise<ImportResponse>
  readonly summary: Summary
  /** Called after each call. */
  onProgress(): void
  readonly signal: AbortSignal
}

/**
 * Sends the items of a file to a service, one call after another, and counts them in the summary.
 * Reads on only after a response, so that memory holds one batch, however large the file is. An
 * abort stops the import after the current call.
 */
export async function importAll<T>(options: ImportOptions<T>): Promise<void> {
  for await (const part of inParts(options.batches, callSizeMax, options.signal)) {
    await importPart(part, options)
    options.onProgress()
  }
}

async function importPart<T>(part: readonly Placed<T>[], { send, summary }: ImportOptions<T>) {
  const items: PlacedItem<T>[] = []
  for (const { where, outcome } of part) {
    if (outcome.kind === 'item') {
      items.push({ where, item: outcome.item })
      if (outcome.change) summary.count(outcome.change)
    } else if (outcome.kind === 'refused') summary.refuse(where, outcome.reason)
    else summary.count('skipped')
  }
  summary.count('read', part.length)
  const { created, replaced } = await sendItems(items, send, summary)
  summary.count('created', created)
  summary.count('replaced', replaced)
}

/**
 * Sends items in one call, and counts what the service refuses in the summary. Returns the number
 * of items that the service saved.
 */
export async function sendItems<T>(
  items: readonly PlacedItem<T>[],
  send: ImportOptions<T>['send'],
  summary: Summary,
): Promise<{ created: number; replaced: number }> {
  if (items.length === 0) return { created: 0, replaced: 0 }
  const response = await send(items.map(({ item }) => item))
  for (const { index, reason } of response.refusals) {
    summary.refuse(items[Number(index)]?.where ?? `message ${index}`, reason)
  }
  summary.count('refused', Number(response.refusedCount) - response.refusals.length)
  return { created: Number(response.createdCount), replaced: Number(response.replacedCount) }
}
