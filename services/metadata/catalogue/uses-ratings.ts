import { isOfRatings } from './columns.ts'
import type { Filter } from './filter.ts'
import { isNumber, type OrderTerm } from './order.ts'

/** Returns whether a list is filtered or ordered by ratings. */
export function usesRatings(list: {
  readonly filter: Filter | undefined
  readonly order: readonly OrderTerm[]
}): boolean {
  if (list.filter && comparesRatings(list.filter)) return true
  return list.order.some(({ by }) => isNumber(by) && isOfRatings(by))
}

function comparesRatings(filter: Filter): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return comparesRatings(filter.left) || comparesRatings(filter.right)
    case 'not':
      return comparesRatings(filter.operand)
    case 'number':
    case 'numberIn':
      return isOfRatings(filter.of)
    case 'text':
    case 'textIn':
    case 'textPart':
    case 'genres':
      return false
  }
}
