/**
 * Yields the chunks of a stream, and cancels it when nobody wants more. Some browsers cannot
 * iterate a ReadableStream themselves.
 */
export async function* chunksOf<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel()
  }
}
