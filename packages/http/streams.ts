import type { RequestBody } from './exchange.ts'

/** The chunks as a stream, asked for as fast as the stream is read, and returned when it is cancelled. */
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

/** The body of a request as a stream; what is not read holds the client back, and is refused when it is cancelled. */
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
