import { Code, ConnectError } from '@connectrpc/connect'

/** A request's body, and whether all of it has been read. */
export interface RequestBody {
  readonly body: AsyncIterable<Uint8Array>
  readonly ended: boolean
}

export function readRequest(request: Request): RequestBody {
  const source = request.body
  let ended = source === null
  async function* read(): AsyncGenerator<Uint8Array> {
    if (source === null) return
    const reader = source.getReader()
    try {
      for (;;) {
        const { done, value } = await reader.read().catch(wasCutOff)
        if (done) break
        yield value
      }
      ended = true
    } finally {
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
