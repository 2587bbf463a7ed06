/** A request that a load generator repeats. */
export interface Load {
  readonly url: string
  readonly httpVersion: '1.1' | '2'
  readonly connectionCount: number
  /** Calls in flight on each connection. HTTP/1.1 always has one. */
  readonly streamCount: number
  /** `name: value`. */
  readonly headers: readonly string[]
  /** File with the body of each request. */
  readonly bodyFile: string
  /**
   * Minimum size of a good response's body, in bytes. A gRPC error has status 200 and an empty
   * body.
   */
  readonly responseBytesMin: number
}
