import type { ServerHttp2Stream } from 'node:http2'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Deno's HTTP/2 streams take whatever is written, and tell only by `bufferSize` that the client does not read. The
 * other runtimes stay far below this, in bytes.
 */
const queuedBytesMax = 1024 * 1024
const queuePollMs = 5

/**
 * The bytes of a Node stream as the body of a `Request`. The stream is read only when the body is, so that a slow
 * handler slows the client down. A stream that breaks errors the body.
 */
export function toBody(source: Readable): ReadableStream<Uint8Array<ArrayBuffer>> {
  let wake: (() => void) | undefined
  const settle = () => wake?.()
  source.on('readable', settle).on('end', settle).on('error', settle).on('close', settle)
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        for (;;) {
          const chunk: Buffer<ArrayBuffer> | null = source.read()
          if (chunk !== null) return controller.enqueue(chunk)
          if (source.errored) throw source.errored
          if (source.readableEnded && !wasReset(source)) return controller.close()
          if (source.destroyed || wasReset(source)) {
            throw new Error('the client broke the request off')
          }
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      },
      cancel() {
        source.off('readable', settle)
      },
    },
    { highWaterMark: 0 },
  )
}

/** An HTTP/2 stream that the client resets ends as if all of it had come. */
function wasReset(source: Readable): boolean {
  const { rstCode, aborted } = source as Partial<ServerHttp2Stream>
  return aborted === true || (rstCode ?? 0) !== 0
}

/**
 * Writes a body to a Node stream, no faster than the stream takes it, and leaves the stream open. When the stream
 * closes first, the body is cancelled.
 */
export async function writeBody(body: ReadableStream<Uint8Array>, sink: Writable): Promise<void> {
  const reader = body.getReader()
  const cancel = () => void reader.cancel(new Error('the client left')).catch(() => {})
  sink.once('close', cancel)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || sink.destroyed) return
      if (!sink.write(value)) await drained(sink)
      while (queuedBytes(sink) > queuedBytesMax && !sink.destroyed) await delay(queuePollMs)
    }
  } finally {
    sink.off('close', cancel)
  }
}

function drained(sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      sink.off('drain', settle).off('close', settle)
      resolve()
    }
    sink.once('drain', settle).once('close', settle)
  })
}

function queuedBytes(sink: Writable): number {
  return (sink as Partial<ServerHttp2Stream>).bufferSize ?? 0
}
