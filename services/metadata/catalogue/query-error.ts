/** Error of a filter or an order that its caller got wrong. The message is for the caller. */
export class QueryError extends Error {
  override name = 'QueryError'
}
