import type { parse } from '@bufbuild/cel'
import type { NumberName } from './columns.ts'
import { nestingOf } from './nesting.ts'
import { QueryError } from './query-error.ts'

type Expression = ReturnType<typeof parse>['expr']

/** Texts that a filter compares. */
export type TextName = 'id' | 'title' | 'director'

/** A comparison of a text with others. */
export type TextTest =
  | { readonly kind: 'text'; readonly orders: Orders; readonly value: string }
  | { readonly kind: 'textIn'; readonly values: ReadonlySet<string> }
  | {
      readonly kind: 'textPart'
      readonly method: 'startsWith' | 'endsWith' | 'contains'
      readonly value: string
    }

export type TextComparison = TextTest & { readonly of: TextName }

export type Comparison =
  | TextComparison
  | {
      readonly kind: 'number'
      readonly of: NumberName
      readonly orders: Orders
      readonly value: number
    }
  | { readonly kind: 'numberIn'; readonly of: NumberName; readonly values: ReadonlySet<number> }
  | { readonly kind: 'genres'; readonly genre: string }

/** A condition on movies, as `parseFilter` returns it. A comparison with an unknown number is neither true nor false. */
export type Filter =
  | Comparison
  | { readonly kind: 'and'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly operand: Filter }

/**
 * How a value may compare with a constant, as a sum: 1 when it may be before it, 2 when it may be
 * equal, and 4 when it may be after it.
 */
export type Orders = number

/** The order of a value that is the constant, or after it. */
export const atLeast: Orders = 6

/** Properties with numbers by their names in the API. */
export const numberProperties: Readonly<Record<string, NumberName>> = {
  year: 'year',
  running_time_minutes: 'runningTimeMinutes',
  imdb_rating: 'imdbRating',
  imdb_votes: 'imdbVotes',
  'rating.count': 'ratingCount',
  'rating.mean': 'ratingMean',
  'rating.bayesian_score': 'ratingScore',
}
const texts: Readonly<Record<string, TextName>> = { id: 'id', title: 'title', director: 'director' }

/** Maximum number of comparisons in a filter: each of them looks at every movie. */
const comparisonCountMax = 32

/** Maximum number of parentheses within each other. With each level, the parser takes more time for all. */
const nestingMax = 32

const help =
  'a filter is made of comparisons such as year >= 1990, director == "Ridley Scott", ' +
  'title.startsWith("A"), year in [1994, 1995] or "Drama" in genres, joined by &&, || and !'

/**
 * Reads a filter: an expression of CEL (https://cel.dev) with the properties id, title, director,
 * genres and those of `numberProperties`. Throws a `QueryError` for another text, and for what is
 * not among the comparisons of `help`.
 */
export async function parseFilter(text: string): Promise<Filter> {
  if (nestingOf(text) > nestingMax) {
    throw new QueryError(`filter nests more than ${nestingMax} levels of parentheses`)
  }
  const { parse } = await import('@bufbuild/cel')
  return createReader()(parseExpression(text, parse))
}

function parseExpression(text: string, parser: typeof parse): Expression {
  try {
    return parser(text).expr
  } catch (error) {
    const found = (error as Error).message.replace('<input>:', '')
    throw new QueryError(`filter: ${found}${hintFor(text)}`)
  }
}

/** Returns what to write instead of the operators of SQL and AIP-160, such as `=` and `AND`. */
function hintFor(text: string): string {
  const code = text.replace(/"[^"]*"|'[^']*'/g, '')
  if (/(^|[^=!<>])=([^=]|$)/.test(code)) return ': to compare, write =='
  if (/\b(and|or|not)\b/i.test(code)) return ': to join comparisons, write &&, || or !'
  return ''
}

function createReader() {
  let comparisonCount = 0
  return function read(expression: Expression): Filter {
    const call = callOf(expression)
    if (call === undefined) throw unreadable()
    const [left, right] = call.args as [Expression, Expression]
    if (call.name === '_&&_' || call.name === '_||_') {
      const kind = call.name === '_&&_' ? 'and' : 'or'
      return { kind, left: read(left), right: read(right) }
    }
    if (call.name === '!_') return { kind: 'not', operand: read(left) }
    if (++comparisonCount > comparisonCountMax) {
      throw new QueryError(`filter has more than ${comparisonCountMax} comparisons`)
    }
    return readComparison(call)
  }
}

interface Call {
  readonly name: string
  readonly target: Expression | undefined
  readonly args: readonly Expression[]
}

function callOf(expression: Expression | undefined): Call | undefined {
  if (expression?.exprKind.case !== 'callExpr') return undefined
  const { function: name, target, args } = expression.exprKind.value
  return { name, target: target as Expression | undefined, args: args as Expression[] }
}

function readComparison({ name, target, args }: Call): Filter {
  const [left, right] = args
  if (name === '@in') return readMembership(left, right)
  if (isMethod(name) && target !== undefined && right === undefined) {
    const [of, value] = [propertyOf(target), constantOf(left)]
    if (of?.kind !== 'text' || typeof value !== 'string') throw unreadable()
    return { kind: 'textPart', of: of.name, method: name, value }
  }
  const isTurned = propertyOf(left) === undefined
  const orders = ownValue(operators, isTurned ? (mirrored[name] ?? name) : name)
  if (orders === undefined) throw unreadable()
  const of = propertyOf(isTurned ? right : left)
  const value = constantOf(isTurned ? left : right)
  if (of?.kind === 'number' && typeof value === 'number') {
    return { kind: 'number', of: of.name, orders, value }
  }
  if (of?.kind === 'text' && typeof value === 'string') {
    return { kind: 'text', of: of.name, orders, value }
  }
  throw unreadable()
}

function readMembership(left: Expression | undefined, right: Expression | undefined): Filter {
  const genre = constantOf(left)
  if (identifierOf(right) === 'genres' && typeof genre === 'string')
    return { kind: 'genres', genre }
  const of = propertyOf(left)
  const values = constantsOf(right)
  if (of?.kind === 'number' && values.every((value) => typeof value === 'number')) {
    return { kind: 'numberIn', of: of.name, values: new Set(values) }
  }
  if (of?.kind === 'text' && values.every((value) => typeof value === 'string')) {
    return { kind: 'textIn', of: of.name, values: new Set(values) }
  }
  throw unreadable()
}

function isMethod(name: string): name is 'startsWith' | 'endsWith' | 'contains' {
  return name === 'startsWith' || name === 'endsWith' || name === 'contains'
}

/** Operators of CEL. */
const operators: Readonly<Record<string, Orders>> = {
  '_==_': 2,
  '_!=_': 5,
  '_<_': 1,
  '_<=_': 3,
  '_>_': 4,
  '_>=_': atLeast,
}

/** Operators that mean the same with their operands exchanged. Others are symmetric. */
const mirrored: Readonly<Record<string, string>> = {
  '_<_': '_>_',
  '_<=_': '_>=_',
  '_>_': '_<_',
  '_>=_': '_<=_',
}

type Property =
  | { readonly kind: 'number'; readonly name: NumberName }
  | { readonly kind: 'text'; readonly name: TextName }

function propertyOf(expression: Expression | undefined): Property | undefined {
  const name = identifierOf(expression)
  if (name === undefined) return undefined
  const [number, text] = [ownValue(numberProperties, name), ownValue(texts, name)]
  if (number !== undefined) return { kind: 'number', name: number }
  if (text !== undefined) return { kind: 'text', name: text }
  if (name === 'genres') return undefined
  const names = [...Object.keys(texts), 'genres', ...Object.keys(numberProperties)].join(', ')
  throw new QueryError(`filter: a movie has no ${JSON.stringify(name)}, but ${names}`)
}

function ownValue<Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined
}

/** Returns the name of a property: `year`, or `rating.mean`. */
function identifierOf(expression: Expression | undefined): string | undefined {
  if (expression?.exprKind.case === 'identExpr') return expression.exprKind.value.name
  if (expression?.exprKind.case !== 'selectExpr') return undefined
  const { operand, field, testOnly } = expression.exprKind.value
  const message = testOnly ? undefined : identifierOf(operand as Expression | undefined)
  return message === undefined ? undefined : `${message}.${field}`
}

function constantOf(expression: Expression | undefined): string | number | undefined {
  if (expression?.exprKind.case !== 'constExpr') return undefined
  const { case: kind, value } = expression.exprKind.value.constantKind
  if (kind === 'stringValue') return value
  if (kind === 'int64Value' || kind === 'uint64Value' || kind === 'doubleValue') {
    return Number(value)
  }
  return undefined
}

function constantsOf(expression: Expression | undefined): (string | number)[] {
  if (expression?.exprKind.case !== 'listExpr') throw unreadable()
  return expression.exprKind.value.elements.map((element) => {
    const value = constantOf(element as Expression)
    if (value === undefined) throw unreadable()
    return value
  })
}

function unreadable(): QueryError {
  return new QueryError(`filter: ${help}`)
}
