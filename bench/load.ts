/** What is sent again and again. */
export interface Load {
  readonly url: string
  readonly httpVersion: '1.1' | '2'
  /** Calls under way on each connection; on HTTP/1.1 it is one, whatever this says. */
  readonly streamCount: number
  /** `name: value`. */
  readonly headers: readonly string[]
  /** The file with the body of each request. */
  readonly bodyFile: string
  /** The bytes of a good answer's body: an error by gRPC has status 200, and none. */
  readonly answerBytesMin: number
}

/** Over how many connections a load is spread. */
export const connectionCount = 8
