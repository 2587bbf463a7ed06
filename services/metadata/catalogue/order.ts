import { type NumberName, numberNames } from './columns.ts'
import { numberProperties } from './filter.ts'
import { QueryError } from './query-error.ts'

/** One property of an order. */
export interface OrderTerm {
  /** `relevance` is how well a movie matches the query, then its votes at IMDb. */
  readonly by: 'relevance' | 'title' | NumberName
  readonly isDescending: boolean
}

/** Names of an order in the API. */
export const orderNames: Readonly<Record<string, OrderTerm['by']>> = {
  relevance: 'relevance',
  title: 'title',
  ...numberProperties,
}

/** Maximum number of properties of an order. */
const termCountMax = 3

/**
 * Reads an order such as `year desc, title` (AIP-132). Throws a `QueryError` for another text.
 * @param hasQuery Without a query, there is no order by relevance.
 */
export function parseOrder(text: string, hasQuery: boolean): OrderTerm[] {
  if (text.trim() === '') return []
  const terms = text.split(',').map((part) => parseTerm(part.trim(), hasQuery))
  if (terms.length > termCountMax) {
    throw new QueryError(`order_by has ${terms.length} properties: ${termCountMax} are allowed`)
  }
  if (new Set(terms.map(({ by }) => by)).size < terms.length) {
    throw new QueryError('order_by names a property twice')
  }
  return terms
}

function parseTerm(text: string, hasQuery: boolean): OrderTerm {
  const [name = '', direction = 'asc', ...rest] = text.split(/\s+/)
  const by = Object.hasOwn(orderNames, name) ? orderNames[name] : undefined
  if (by === undefined || rest.length > 0 || !['asc', 'desc'].includes(direction)) {
    const names = Object.keys(orderNames).join(', ')
    const known = `a property is one of ${names}, and may have asc or desc after it`
    throw new QueryError(`order_by has ${JSON.stringify(text)}: ${known}`)
  }
  if (by === 'relevance' && !hasQuery) throw new QueryError('order_by relevance needs a query')
  if (by === 'relevance' && direction === 'desc') {
    throw new QueryError('order_by relevance begins with the best match: leave out desc')
  }
  return { by, isDescending: direction === 'desc' }
}

export function isNumber(by: OrderTerm['by']): by is NumberName {
  return (numberNames as readonly string[]).includes(by)
}
