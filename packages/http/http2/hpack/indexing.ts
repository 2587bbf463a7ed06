import { staticNames, staticValues } from './static-table.ts'

/**
 * Representation of a header that no table holds (RFC 7541 §6.2). `table` adds it, because it will
 * probably be sent again. `once` does not. `never` also forbids intermediaries to add it, because
 * it is a secret that could be guessed by the size of later blocks (§7.1).
 */
export type Indexing = 'table' | 'once' | 'never'

/** Static properties of a name. */
export interface KnownName {
  readonly indexing: Indexing
  /** First index of the name in the static table, or 0. */
  readonly index: number
  /** Indexes of the static table by value, when it has values for this name. */
  readonly valueIndexes: ReadonlyMap<string, number> | undefined
}

const secret = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie']

/** Names whose values rarely repeat. In the table they would displace those that do. */
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
