import type { RequestBody } from './exchange.ts'

/**
 * Converts an iterable to a stream. It is read at the pace of the stream's reader, and returned
 * when the stream is cancelled.
 */
export function toStream(
  chunks: AsyncIterable<Uint8Array>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = chunks[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (done) controller.close()
        else controller.enqueue(value as Uint8Array<ArrayBuffer>)
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}

/**
 * Converts the body of a request to a stream. Unread bytes hold the client back. Cancelling the
 * stream refuses the rest of the body.
 */
export function bodyStream(body: RequestBody): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        for (;;) {
          const chunk = body.take()
          if (chunk !== undefined) return controller.enqueue(chunk as Uint8Array<ArrayBuffer>)
          if (body.ended) return controller.close()
          await body.ready()
        }
      },
      cancel: () => body.refuse(),
    },
    { highWaterMark: 0 },
  )
}
