/** A request that breaks the protocol or a bound. The connection is closed after the answer: what follows cannot be told apart. */
export class Refusal extends Error {
  /** The status to answer with; undefined for what is no HTTP at all, which is not answered. */
  readonly status: number | undefined

  /** @param reason for the client, one line. */
  constructor(status: number | undefined, reason: string) {
    super(reason)
    this.name = 'Refusal'
    this.status = status
  }
}
