import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '../errors/rpc-reasons.ts'
import type { Lifetime } from '../lifetime.ts'
import { type DecompressionLimits, decompressionLimits } from '../limits.ts'
import { type Compression, type Decompress, standardCompressions } from './compression.ts'

/** Decompresses the messages of requests, a few at a time. */
export interface Decompression {
  /**
   * Rejects with `RESOURCE_EXHAUSTED` when the message is larger than `bytesMax` or too many wait
   * already, and with the reason of the call's end when the call ends first.
   */
  decompress(
    compression: Compression,
    bytes: Uint8Array,
    bytesMax: number,
    lifetime: Lifetime,
  ): Promise<Uint8Array>
}

/** A message that waits for a slot. */
interface Waiting {
  readonly start: () => void
  hasSlot: boolean
}

/** Creates slots for decompression. A message has a decoder only while it has a slot. */
export function createDecompression(
  limits: DecompressionLimits,
  decompressOne: Decompress = directly,
): Decompression {
  const { concurrentMax, waitingMax, waitingBytesMax } = limits
  const queue = new Set<Waiting>()
  let [activeCount, waitingBytes] = [0, 0]

  function release(): void {
    const [next] = queue
    if (next === undefined) {
      activeCount--
      return
    }
    queue.delete(next)
    next.hasSlot = true
    // Other events are handled between two messages, when a compression runs on the event loop.
    setImmediate(next.start)
  }

  async function waitForSlot(bytes: Uint8Array, lifetime: Lifetime): Promise<void> {
    if (queue.size >= waitingMax || waitingBytes + bytes.length > waitingBytesMax) {
      const text = 'too many compressed messages are waiting: call again later'
      throw withReason(new ConnectError(text, Code.ResourceExhausted), 'DECOMPRESSION_BUSY')
    }
    const { promise, resolve: start } = Promise.withResolvers<void>()
    const waiting: Waiting = { start, hasSlot: false }
    queue.add(waiting)
    waitingBytes += bytes.length
    try {
      await lifetime.unlessOver(promise)
    } catch (reason) {
      queue.delete(waiting)
      if (waiting.hasSlot) release()
      throw reason
    } finally {
      waitingBytes -= bytes.length
    }
  }

  return {
    async decompress(compression, bytes, bytesMax, lifetime) {
      if (activeCount < concurrentMax) activeCount++
      else await waitForSlot(bytes, lifetime)
      try {
        return await decompressOne(compression, bytes, bytesMax)
      } finally {
        release()
      }
    },
  }
}

function directly(compression: Compression, bytes: Uint8Array, bytesMax: number) {
  return compression.decompress(bytes, bytesMax)
}

/** Decompresses on another thread, because Deno's `node:zlib` blocks the thread that calls it. */
function onDeno(): Decompress {
  let thread: Promise<Decompress> | undefined
  return async (compression, bytes, bytesMax) => {
    if (!standardCompressions.includes(compression)) return directly(compression, bytes, bytesMax)
    thread ??= import('./thread.ts').then((module) => module.createDecompressionThread())
    const decompress = await thread
    return decompress(compression, bytes, bytesMax)
  }
}

/** Decompression of the process: its apps share threads and memory. */
export const decompression: Decompression = createDecompression(
  decompressionLimits,
  process.versions.deno === undefined ? directly : onDeno(),
)
