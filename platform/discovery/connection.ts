import { Code, ConnectError, type Transport } from '@connectrpc/connect'
import { createTransport } from '@connectrpc/connect/protocol-grpc'
import { createNodeHttpClient, type GrpcTransportOptions } from '@connectrpc/connect-node'
import type { Instance } from './port.ts'
import { createSessionPool, NotSentError, type SessionPool } from './session-pool.ts'

/** The longest message sent or received, in bytes. */
const messageBytesMax = 16 * 1024 * 1024

/**
 * The kept HTTP/2 connections to one instance; opened by the first call, and again after they were lost. There is more
 * than one only for more calls at once than the instance allows on one, and apart for streams: those that last keep no
 * unary call waiting.
 */
export interface Connection {
  /** Calls the instance by gRPC. A call that the network cuts short fails with `UNAVAILABLE`. */
  readonly transport: Transport
  /** Closes at once. A call still open fails with `UNAVAILABLE`. */
  close(): void
}

/**
 * Connects to an instance. connect-node reports a lost connection as CANCELED, ABORTED or INTERNAL, by runtime and
 * moment; gRPC says UNAVAILABLE (https://grpc.github.io/grpc/core/md_doc_statuscodes.html), and so does this.
 * Bun 1.4.5, Deno 2.9.3 and Node 24 behave alike but for one thing: Deno can lose the answer of a call that was in
 * flight when the instance said GOAWAY, which is then UNAVAILABLE too.
 */
export function createConnection({ url }: Instance): Connection {
  const calls = createSessionPool(url)
  const streams = createSessionPool(url)
  const { unary } = createGrpcTransport(calls, url)
  const { stream } = createGrpcTransport(streams, url)
  return {
    transport: { unary, stream },
    close() {
      calls.close()
      streams.close()
    },
  }
}

function createGrpcTransport(sessions: SessionPool, url: string): Transport {
  return createTransport({
    baseUrl: url,
    httpClient: createHttpClient(sessions, url),
    useBinaryFormat: true,
    interceptors: [],
    // Services are near each other: compressing costs more than the bytes it saves.
    acceptCompression: [],
    sendCompression: null,
    compressMinBytes: messageBytesMax,
    readMaxBytes: messageBytesMax,
    writeMaxBytes: messageBytesMax,
  })
}

/** Whether an error says that the instance cannot have seen the call. */
export function isNotSent(error: unknown): boolean {
  return error instanceof ConnectError && error.cause instanceof NotSentError
}

type HttpClient = Parameters<typeof createTransport>[0]['httpClient']
type HttpRequest = Parameters<HttpClient>[0]
type HttpAnswer = Awaited<ReturnType<HttpClient>>
type SessionManager = NonNullable<GrpcTransportOptions['sessionManager']>
type HttpBody = AsyncIterable<Uint8Array>

/**
 * An HTTP client whose failures are UNAVAILABLE, unless the caller gave up or the request could not be written: the
 * status of an answered call is read further up.
 */
function createHttpClient(sessions: SessionPool, url: string): HttpClient {
  return async ({ body: input, ...request }) => {
    const inputErrors: unknown[] = []
    const translate = (error: unknown): unknown => {
      if (inputErrors.length > 0) return inputErrors[0]
      if (request.signal?.aborted) return error
      return unavailable(url, error)
    }
    try {
      const body = input && readNoting(input, (error) => inputErrors.push(error))
      const response = await exchange(sessions, body ? { ...request, body } : request)
      return { ...response, body: readAnswer(response, translate) }
    } catch (error) {
      throw translate(error)
    }
  }
}

/**
 * connect-node waits for ever when a stream closes without an answer and without an error code, which a server's GOAWAY
 * followed by its end does on Deno: the stream's own end decides.
 */
function exchange(sessions: SessionPool, request: HttpRequest): Promise<HttpAnswer> {
  const { promise: closed, reject } = Promise.withResolvers<never>()
  const sessionManager: SessionManager = {
    authority: sessions.authority,
    notifyResponseByteRead() {},
    async request(...args) {
      const stream = await sessions.request(args, request.signal)
      stream.once('close', () => {
        reject(new Error(`the stream closed with HTTP/2 code ${stream.rstCode}`))
      })
      return stream
    },
  }
  const httpClient = createNodeHttpClient({
    httpVersion: '2',
    sessionProvider: () => sessionManager,
  })
  return Promise.race([httpClient(request), closed])
}

/** Notes the error that the chunks themselves end with, as against one that their reader throws in. */
async function* readNoting(chunks: HttpBody, note: (error: unknown) => void): HttpBody {
  const iterator = chunks[Symbol.asyncIterator]()
  for (;;) {
    const result = await iterator.next().catch((error: unknown) => {
      note(error)
      throw error
    })
    if (result.done) return
    yield result.value
  }
}

/** The body of an answer; one that ends without a status was cut. */
async function* readAnswer(answer: HttpAnswer, translate: (error: unknown) => unknown): HttpBody {
  try {
    yield* answer.body
    if (!answer.header.has('grpc-status') && !answer.trailer.has('grpc-status')) {
      throw new Error('the answer ended without a status')
    }
  } catch (error) {
    throw translate(error)
  }
}

function unavailable(url: string, error: unknown): ConnectError {
  // connect-node has wrapped what the session rejected with.
  const cause = error instanceof ConnectError && error.cause ? error.cause : error
  const message = error instanceof ConnectError ? error.rawMessage : String(error)
  return new ConnectError(`${url}: ${message}`, Code.Unavailable, undefined, undefined, cause)
}
