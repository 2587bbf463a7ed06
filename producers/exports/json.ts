import type { Outcome } from '../catalogue/outcome.ts'
import type { ExportedRating } from './exported-rating.ts'
import type { RatingWriter } from './format.ts'

/** Returns the fields of an object. Any other value has none. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** Creates a writer of one JSON array, an element to a line. */
export function createArrayWriter(
  toElement: (rating: ExportedRating) => Outcome<object>,
): RatingWriter {
  let separator = '\n'
  return {
    start: [{ file: '', text: '[' }],
    write(rating) {
      const outcome = toElement(rating)
      if (outcome.kind !== 'item') return outcome
      const text = `${separator}${JSON.stringify(outcome.item)}`
      separator = ',\n'
      return { kind: 'item', item: [{ file: '', text }] }
    },
    end: [{ file: '', text: '\n]\n' }],
  }
}
