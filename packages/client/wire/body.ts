import { failure } from '../failure.ts'

/** Maximum size of a message of a response, in bytes. */
export const messageBytesMax = 16 * 1024 * 1024

/** Reads a response's body in pieces of a known length. */
export interface BodyReader {
  /** Returns the next bytes. At the end of the body there are fewer. */
  read(byteCount: number): Promise<Uint8Array>
}

/** @param body Its failures are reported as `unavailable`. */
export function readBody({ body }: Response): BodyReader {
  const reader = body?.getReader()
  let pending = new Uint8Array()
  const next = async () => {
    try {
      return (await reader?.read())?.value
    } catch (error) {
      throw failure('unavailable', `the connection failed: ${error}`, error)
    }
  }
  return {
    async read(byteCount) {
      const parts = [pending]
      let length = pending.length
      while (length < byteCount) {
        const chunk = await next()
        if (!chunk) break
        parts.push(chunk)
        length += chunk.length
      }
      // A chunk may have many messages: the rest of it is not copied for each.
      const bytes = parts.length === 1 ? pending : join(parts, length)
      pending = bytes.subarray(byteCount)
      return bytes.subarray(0, byteCount)
    },
  }
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}

/** Returns the whole body. A longer one than a message may be is `resource_exhausted`. */
export async function readAll(response: Response): Promise<Uint8Array> {
  const bytes = await readBody(response).read(messageBytesMax + 1)
  checkLength(bytes.length)
  return bytes
}

export function checkLength(byteCount: number): void {
  if (byteCount <= messageBytesMax) return
  throw failure('resource_exhausted', `the response is longer than ${messageBytesMax} bytes`)
}
