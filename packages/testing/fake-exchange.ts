import type { Exchange, HeaderList, RequestBody } from '@marquee/http/exchange'
import { MemoryBudget } from '@marquee/http/memory/budget'

export interface FakeRequest {
  readonly httpVersion?: '1.1' | '2'
  readonly method?: string
  readonly authority?: string
  readonly target: string
  readonly headers?: HeaderList
  /** Default: infinite. */
  readonly headerListBytesMax?: number
  /** Default: a new connection. */
  readonly connection?: object
  /** Budget of the connection's account. Default: no limit. */
  readonly memory?: MemoryBudget
  /** Chunks of the request body. A rejection aborts the request. */
  readonly body?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

/** An exchange without a connection, which records the response. */
export interface FakeExchange extends Exchange {
  readonly status: number
  readonly responseHeaders: HeaderList
  readonly responseTrailers: HeaderList
  /** Bytes of the response body so far. */
  readonly responseBytes: Buffer
  readonly aborted: boolean
  readonly refused: boolean
  /** Resolves when the response has ended or was aborted. */
  readonly over: Promise<void>
  /** Closes the connection from the client's side. */
  leave(): void
}

export function fakeExchange(request: FakeRequest): FakeExchange {
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const chunks: Uint8Array[] = []
  const response = {
    status: 0,
    responseHeaders: [] as HeaderList,
    responseTrailers: [] as HeaderList,
    aborted: false,
    refused: false,
    closed: false,
    onClose: undefined as Exchange['onClose'],
  }
  function close(cause: Error | undefined): void {
    if (response.closed) return
    response.closed = true
    response.onClose?.(cause)
    resolve()
  }
  const exchange = Object.assign(response, {
    httpVersion: request.httpVersion ?? ('2' as const),
    method: request.method ?? 'POST',
    scheme: 'http' as const,
    authority: request.authority ?? 'localhost',
    target: request.target,
    headers: request.headers ?? [],
    remoteAddress: '127.0.0.1',
    headerListBytesMax: request.headerListBytesMax ?? Number.POSITIVE_INFINITY,
    connection: request.connection ?? {},
    account: (request.memory ?? new MemoryBudget()).open('127.0.0.1'),
    body: fakeBody(request.body ?? [], () => {
      response.refused = true
    }),
    over,
    respond(status: number, headers: HeaderList) {
      if (response.status !== 0) throw new Error('the handler responded twice')
      Object.assign(response, { status, responseHeaders: [...headers] })
    },
    write(bytes: Uint8Array) {
      chunks.push(bytes)
      return true
    },
    drained: () => Promise.resolve(),
    end(bytes?: Uint8Array, trailers?: HeaderList) {
      if (bytes !== undefined) chunks.push(bytes)
      response.responseTrailers = trailers ?? []
      close(undefined)
    },
    abort() {
      response.aborted = true
      close(new Error('aborted'))
    },
    leave: () => close(new Error('the client left')),
  })
  return Object.defineProperty(exchange, 'responseBytes', {
    get: () => Buffer.concat(chunks),
  }) as typeof exchange & { responseBytes: Buffer }
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
