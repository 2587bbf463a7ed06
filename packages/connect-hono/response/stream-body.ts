import type { RequestBody } from '@marquee/http/exchange'

/** Returns the body of a `Request` as a `RequestBody`. */
export function streamBody(stream: ReadableStream<Uint8Array> | null): RequestBody {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  let chunk: Uint8Array | undefined
  let ended = stream === null
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
      if (chunk !== undefined || ended || stream === null) return
      reader ??= stream.getReader()
      const { done, value } = await reader.read()
      chunk = value
      ended = done
    },
    refuse() {
      reader ??= stream?.getReader()
      void reader?.cancel().catch(() => {})
    },
  }
}
