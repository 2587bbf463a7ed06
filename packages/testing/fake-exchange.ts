import type { Exchange, Fields, RequestBody } from '@marquee/http/exchange'
import { MemoryBudget } from '@marquee/http/memory/budget'

export interface FakeRequest {
  readonly httpVersion?: '1.1' | '2'
  readonly method?: string
  readonly authority?: string
  readonly target: string
  readonly fields?: Fields
  /** Infinite by default. */
  readonly headerListBytesMax?: number
  /** Default: a connection of its own. */
  readonly connection?: object
  /** Where its connection has an account. Default: no bound. */
  readonly memory?: MemoryBudget
  /** Comes chunk by chunk; a rejection cuts the request off. */
  readonly body?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

/** An exchange without a connection, and what was answered. */
export interface FakeExchange extends Exchange {
  readonly status: number
  readonly answerFields: Fields
  readonly answerTrailers: Fields
  /** The bytes of the answer so far. */
  readonly answerBytes: Buffer
  readonly aborted: boolean
  readonly refused: boolean
  /** Resolves when the answer has ended or was broken off. */
  readonly over: Promise<void>
  /** The client leaves. */
  leave(): void
}

export function fakeExchange(request: FakeRequest): FakeExchange {
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const chunks: Uint8Array[] = []
  const answer = {
    status: 0,
    answerFields: [] as Fields,
    answerTrailers: [] as Fields,
    aborted: false,
    refused: false,
    closed: false,
    onClose: undefined as Exchange['onClose'],
  }
  function close(cause: Error | undefined): void {
    if (answer.closed) return
    answer.closed = true
    answer.onClose?.(cause)
    resolve()
  }
  const exchange = Object.assign(answer, {
    httpVersion: request.httpVersion ?? ('2' as const),
    method: request.method ?? 'POST',
    scheme: 'http' as const,
    authority: request.authority ?? 'localhost',
    target: request.target,
    fields: request.fields ?? [],
    remoteAddress: '127.0.0.1',
    headerListBytesMax: request.headerListBytesMax ?? Number.POSITIVE_INFINITY,
    connection: request.connection ?? {},
    account: (request.memory ?? new MemoryBudget()).open('127.0.0.1'),
    body: fakeBody(request.body ?? [], () => {
      answer.refused = true
    }),
    over,
    respond(status: number, fields: Fields) {
      if (answer.status !== 0) throw new Error('responded twice')
      Object.assign(answer, { status, answerFields: [...fields] })
    },
    write(bytes: Uint8Array) {
      chunks.push(bytes)
      return true
    },
    drained: () => Promise.resolve(),
    end(bytes?: Uint8Array, trailers?: Fields) {
      if (bytes !== undefined) chunks.push(bytes)
      answer.answerTrailers = trailers ?? []
      close(undefined)
    },
    abort() {
      answer.aborted = true
      close(new Error('aborted'))
    },
    leave: () => close(new Error('the client left')),
  })
  return Object.defineProperty(exchange, 'answerBytes', {
    get: () => Buffer.concat(chunks),
  }) as typeof exchange & { answerBytes: Buffer }
}

function fakeBody(
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  refuse: () => void,
): RequestBody {
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  let chunk: Uint8Array | undefined
  let ended = false
  return {
    get ended() {
      return ended
    },
    trailers: [],
    take() {
      const taken = chunk
      chunk = undefined
      return taken
    },
    async ready() {
      if (chunk !== undefined || ended) return
      const { done, value } = await iterator.next()
      if (done) ended = true
      else chunk = value
    },
    refuse,
  }
}
