import type { Placed } from './catalogue/kinds.ts'
import { inParts } from './input.ts'
import type { Summary } from './summary.ts'

/**
 * How many messages a call carries at most. One call for a whole file would need a deadline of
 * hours, would lean on the back-pressure of HTTP/2, which not every runtime has, and would tell
 * nothing until its end.
 */
const callSizeMax = 5_000

/** What a service answers to an import, `ImportMetadataResponse` or `ImportRatingsResponse`. */
export interface ImportAnswer {
  readonly createdCount: bigint
  readonly replacedCount: bigint
  readonly refusedCount: bigint
  readonly refusals: readonly { readonly index: bigint; readonly reason: string }[]
}

export interface ImportOptions<T> {
  readonly batches: AsyncIterable<readonly Placed<T>[]>
  /** One call: items into a service. */
  send(items: readonly T[]): Promise<ImportAnswer>
  readonly summary: Summary
  /** Called after each call. */
  onProgress(): void
  readonly signal: AbortSignal
}

/**
 * Sends the items of a file to a service, one call after another, and reads on only when a call is
 * answered: memory is bounded by a batch whatever the file. Counts into the summary. Aborting ends
 * it after the call under way.
 */
export async function importAll<T>(options: ImportOptions<T>): Promise<void> {
  for await (const part of inParts(options.batches, callSizeMax, options.signal)) {
    await importPart(part, options)
    options.onProgress()
  }
}

async function importPart<T>(part: readonly Placed<T>[], { send, summary }: ImportOptions<T>) {
  const items: T[] = []
  const places: string[] = []
  for (const { where, outcome } of part) {
    if (outcome.kind === 'item') {
      items.push(outcome.item)
      places.push(where)
      if (outcome.change) summary.count(outcome.change)
    } else if (outcome.kind === 'refused') summary.refuse(where, outcome.reason)
    else summary.count('skipped')
  }
  summary.count('read', part.length)
  if (items.length === 0) return
  const answer = await send(items)
  summary.count('created', Number(answer.createdCount))
  summary.count('replaced', Number(answer.replacedCount))
  for (const { index, reason } of answer.refusals) {
    summary.refuse(places[Number(index)] ?? `message ${index}`, reason)
  }
  summary.count('refused', Number(answer.refusedCount) - answer.refusals.length)
}
