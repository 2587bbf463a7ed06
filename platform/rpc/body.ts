import { Code, ConnectError } from '@connectrpc/connect'
import { unlessAborted } from './abort.ts'
import { toConnectError } from './errors.ts'

/** A request's body, and whether all of it has been read. */
export interface RequestBody {
  readonly body: AsyncIterable<Uint8Array>
  readonly ended: boolean
}

/** What ends the reading of a body. */
export interface ReadOptions {
  /** Ends it with its reason. */
  readonly signal: AbortSignal
  /** How long to wait for each chunk, in milliseconds. */
  readonly idleTimeoutMs: number
}

/** Reads a request's body. Fails with a `ConnectError` when it is broken off, or does not come in time. */
export function readRequest(request: Request, options: ReadOptions): RequestBody {
  const source = request.body
  let ended = source === null
  async function* read(): AsyncGenerator<Uint8Array> {
    if (source === null) return
    const reader = source.getReader()
    try {
      for (;;) {
        const { done, value } = await inTime(reader.read(), options)
        if (done) break
        yield value
      }
      ended = true
    } finally {
      if (!ended) void reader.cancel().catch(() => {})
      reader.releaseLock()
    }
  }
  return {
    body: read(),
    get ended() {
      return ended
    },
  }
}

/** The work's result, unless the signal or the time comes first. */
async function inTime<T>(work: Promise<T>, { signal, idleTimeoutMs }: ReadOptions): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const text = `no byte of the request came for ${idleTimeoutMs} ms`
  const giveUp = () => reject(new ConnectError(text, Code.DeadlineExceeded))
  const timer = setTimeout(giveUp, idleTimeoutMs)
  work.catch(wasCutOff).then(resolve, reject)
  try {
    return await unlessAborted(promise, signal)
  } catch (error) {
    throw signal.aborted ? toConnectError(signal.reason, 'unknown') : error
  } finally {
    clearTimeout(timer)
  }
}

/** It breaks when the client leaves, or sends what HTTP does not allow. */
function wasCutOff(cause: unknown): never {
  throw new ConnectError('the request was cut off', Code.Canceled, undefined, undefined, cause)
}

/**
 * The chunks as the body of a `Response`, asked for as fast as the client takes them.
 * @param onEnd called once: when the last chunk was taken, when the source failed, or when the client left.
 */
export function toBodyStream(
  source: AsyncIterable<Uint8Array>,
  onEnd: (lastChunk: Uint8Array | undefined, cancelled: boolean) => void,
): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  let last: Uint8Array | undefined
  let ended = false
  const end = (cancelled: boolean) => {
    if (!ended) onEnd(last, cancelled)
    ended = true
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await iterator.next()
          if (done) {
            end(false)
            return controller.close()
          }
          last = value
          controller.enqueue(value)
        } catch (error) {
          end(false)
          controller.error(error)
        }
      },
      async cancel() {
        end(true)
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
