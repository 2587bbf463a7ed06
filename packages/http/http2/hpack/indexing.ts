import { staticNames, staticValues } from './static-table.ts'

/**
 * How a field goes that no table holds (RFC 7541 §6.2): `table` adds it, for it will be sent again; `once` does not; `never`
 * forbids it to intermediaries as well, because it is a secret that could be guessed by the size of what follows (§7.1).
 */
export type Indexing = 'table' | 'once' | 'never'

/** What is known of a name before any connection. */
export interface KnownName {
  readonly indexing: Indexing
  /** Its first index in the static table, or 0. */
  readonly index: number
  /** The static table's indexes by value, when it has values for this name. */
  readonly valueIndexes: ReadonlyMap<string, number> | undefined
}

const secret = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie']

/** Their values hardly repeat: in the table they would push out what does. */
const changing = [
  'age',
  'connect-timeout-ms',
  'content-disposition',
  'content-length',
  'content-location',
  'content-range',
  'etag',
  'expires',
  'grpc-message',
  'grpc-status-details-bin',
  'grpc-timeout',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'range',
  'retry-after',
  'traceparent',
  'tracestate',
  'x-request-id',
]

/** The names of the static table, and others whose values are not for the dynamic table. */
export const knownNames: ReadonlyMap<string, KnownName> = new Map(
  [...new Set([...staticNames.slice(1), ...secret, ...changing])].map((name) => [
    name,
    known(name),
  ]),
)

function known(name: string): KnownName {
  const indexes = [...staticNames.keys()].filter((index) => staticNames[index] === name)
  const valued = indexes.filter((index) => staticValues[index] !== '')
  return {
    indexing: secret.includes(name) ? 'never' : changing.includes(name) ? 'once' : 'table',
    index: indexes[0] ?? 0,
    valueIndexes:
      valued.length > 0
        ? new Map(valued.map((index) => [staticValues[index] as string, index]))
        : undefined,
  }
}
