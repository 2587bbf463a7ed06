/** Response of openapi-fetch: the data, or the error, as the OpenAPI document describes them. */
export interface RestResult<T> {
  readonly data?: T
  readonly error?: unknown
  readonly response: Response
}

export interface RestOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/** Rating of a movie by one user. */
export interface RatingOfUser {
  readonly recordId: string
  readonly userId: string
  /** `undefined` is not valid: the types of the document refuse it too. */
  readonly value: number
}

/** Calls of rating by REST that the matrix makes. */
export interface RestCalls {
  getAggregatedRating(recordId: string, options: RestOptions): Promise<RestResult<object>>
  putRating(rating: RatingOfUser, options: RestOptions): Promise<RestResult<object>>
  /** Streams lines of JSON. */
  watchAggregatedRatings(
    recordId: string,
    options: RestOptions,
  ): Promise<RestResult<ReadableStream<Uint8Array> | null>>
  /** @param lines A request in JSON on each line. */
  importRatings(lines: string, options: RestOptions): Promise<RestResult<object>>
}
