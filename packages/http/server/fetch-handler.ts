import { type Admission, type Admitted, uncounted } from '../admission/port.ts'
import type { Exchange, HeaderList, Respond } from '../exchange.ts'
import { connectionHeaders, toHeaderList } from '../header-list.ts'
import { lazyRequest } from '../lazy-request.ts'
import { isPieces, LazyResponse } from '../lazy-response.ts'
import { gatherTick } from '../tick.ts'
import { whenClosed } from '../when-closed.ts'
import type { Log } from './log.ts'
import type { FetchApp, PortBindings } from './port.ts'

export interface FetchHandlerOptions {
  readonly app: FetchApp
  readonly log: Log
  /** Decides which requests start, and when. Default: all of them, as they arrive. */
  readonly admission?: Admission
}

/** A host, with or without a port (RFC 3986 §3.2). */
const authorityPattern = /^[\w.~!$&'()*+,;=%-]*(?:\[[\da-fA-F:.]+\])?(?::\d{0,5})?$/
/** A path, with or without a query (RFC 9112 §3.2.1), or the asterisk of OPTIONS. */
const targetPattern = /^(?:\/[\x21-\x7e]*|\*)$/

/**
 * Creates a function that passes exchanges to an app and sends its responses. An error of the app
 * is logged, and the client gets a 500. Requests that arrive in one event-loop turn start at its
 * end, one after the other. With reads and writes of sockets in between, the processor's branch
 * prediction suffers and the same calls take half as long again.
 */
export function createFetchHandler({ app, log, admission }: FetchHandlerOptions): Respond {
  function fail(exchange: Exchange, err: unknown): void {
    log.error({ err }, 'the app failed')
    if (exchange.closed) {
      exchange.abort()
      return
    }
    exchange.respond(500, ['content-length', '0'])
    exchange.end()
  }

  function send(exchange: Exchange, response: Response, bindings: PortBindings): void {
    try {
      sendResponse(exchange, response, bindings)
    } catch (err) {
      log.error({ err }, 'cannot send a response')
      exchange.abort()
    }
  }

  function handle(exchange: Exchange, admitted: Admitted, waitedMs: number): void {
    if (exchange.closed) {
      exchange.abort()
      admitted.finished()
      return
    }
    const refusal = refusalOf(exchange)
    if (refusal !== undefined) {
      admitted.finished()
      exchange.respond(refusal, ['content-length', '0'])
      exchange.end()
      return
    }
    const bindings: PortBindings = { exchange, trailers: undefined, waitedMs }
    try {
      const response = app.fetch(lazyRequest(exchange), bindings)
      if (response instanceof Promise) {
        response.then(
          (settled) => {
            admitted.finished()
            send(exchange, settled, bindings)
          },
          (error) => {
            admitted.finished()
            fail(exchange, error)
          },
        )
      } else {
        admitted.finished()
        send(exchange, response, bindings)
      }
    } catch (error) {
      admitted.finished()
      fail(exchange, error)
    }
  }

  return admission?.open(handle) ?? gatherTick((exchange) => handle(exchange, uncounted, 0))
}

/**
 * Returns the status for a request that no app gets, because it has no valid URL. CONNECT gets a
 * 501: the server is not a proxy (RFC 9110 §9.3.6).
 */
function refusalOf({ method, authority, target }: Exchange): number | undefined {
  if (method === 'CONNECT') return 501
  return authorityPattern.test(authority) && targetPattern.test(target) ? undefined : 400
}

function sendResponse(exchange: Exchange, response: Response, bindings: PortBindings): void {
  const lazy = response instanceof LazyResponse ? (response as LazyResponse) : undefined
  const body = lazy === undefined || lazy.isReal ? response.body : lazy.source
  if (exchange.closed) {
    discard(body)
    // Nothing can be sent, but `abort` reports that the handler of a reset stream has ended, so
    // that the stream no longer counts.
    exchange.abort()
    return
  }
  const headers = lazy?.headerList ?? toHeaderList(response.headers)
  exchange.respond(response.status, sendable(exchange, headers))
  if (body === null || body instanceof Uint8Array) {
    exchange.end(body ?? undefined, bindings.trailers?.())
  } else if (!(body instanceof ReadableStream) && isPieces(body)) {
    for (const piece of body.slice(0, -1)) exchange.write(piece)
    exchange.end(body.at(-1), bindings.trailers?.())
  } else void sendChunks(exchange, open(body), bindings)
}

function sendable({ httpVersion }: Exchange, headers: HeaderList): HeaderList {
  if (httpVersion === '1.1') return headers
  for (let index = 0; index < headers.length; index += 2) {
    if (!connectionHeaders.has(headers[index] ?? '')) continue
    const isConnectionHeader = (at: number) => connectionHeaders.has(headers[at - (at % 2)] ?? '')
    return headers.filter((_, at) => !isConnectionHeader(at))
  }
  return headers
}

type Body = LazyResponse['source'] | ReadableStream<Uint8Array>
type Chunk = { readonly done?: boolean | undefined; readonly value?: Uint8Array | undefined }

/** The chunks of a body, and a way to stop the source. */
interface Chunks {
  next(): Promise<Chunk>
  stop(): void
  /** True when the whole body may be available already, as with most bodies of a `Response`. */
  readonly mayBeWhole: boolean
}

function open(body: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>): Chunks {
  const ignore = () => {}
  // Not the stream's own iterator: its `return` waits for the chunk that was requested last.
  if (body instanceof ReadableStream) {
    const reader = body.getReader()
    const stop = () => void reader.cancel().catch(ignore)
    return { next: () => reader.read(), stop, mayBeWhole: true }
  }
  const iterator = body[Symbol.asyncIterator]()
  const stop = () => void iterator.return?.()?.catch(ignore)
  return { next: () => iterator.next(), stop, mayBeWhole: false }
}

function discard(body: Body): void {
  if (body === null || body instanceof Uint8Array) return
  if (body instanceof ReadableStream || !isPieces(body)) open(body).stop()
}

/**
 * Sends the chunks no faster than the client takes them. When the source fails, the response is
 * aborted. The source logs its own errors.
 */
async function sendChunks(
  exchange: Exchange,
  chunks: Chunks,
  bindings: PortBindings,
): Promise<void> {
  whenClosed(exchange, (cause) => {
    if (cause !== undefined) chunks.stop()
  })
  try {
    let chunk = await chunks.next()
    let following: Promise<Chunk> | undefined
    if (chunks.mayBeWhole) {
      following = chunks.next()
      // A single chunk is sent at once, with its length.
      if (await isLast(following)) {
        exchange.end(chunk.value, bindings.trailers?.())
        return
      }
    }
    while (chunk.done !== true && !exchange.closed) {
      if (chunk.value !== undefined && !exchange.write(chunk.value)) await exchange.drained()
      chunk = await (following ?? chunks.next())
      following = undefined
    }
    exchange.end(undefined, bindings.trailers?.())
  } catch {
    exchange.abort()
  }
}

/**
 * Resolves to whether the body has ended, or to `false` when that is not known by the end of this
 * event-loop turn.
 */
function isLast(following: Promise<Chunk>): Promise<boolean> {
  const { promise: later, resolve } = Promise.withResolvers<boolean>()
  setImmediate(resolve, false)
  return Promise.race([following.then(({ done }) => done === true), later])
}
