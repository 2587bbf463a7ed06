/**
 * Thrown for a request that breaks the protocol or a limit. The connection is closed after the
 * response, because the start of the next request is unknown.
 */
export class Refusal extends Error {
  /** Status of the response. Undefined for input that is not HTTP, which gets no response. */
  readonly status: number | undefined

  /** @param reason One line for the client. */
  constructor(status: number | undefined, reason: string) {
    super(reason)
    this.name = 'Refusal'
    this.status = status
  }
}
