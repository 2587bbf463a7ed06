import assert from 'node:assert/strict'
import { clientPreface } from '@marquee/http/http2/frames/wire'
import { encodedBytesMax, HpackEncoder } from '../../packages/http/http2/hpack/encoder.ts'
import { createHttp2Server } from '../../packages/http/http2/server/server.ts'
import { toFrame, uint32 } from '../../packages/http/http2/testing/frames-peer.ts'
import { flag, type } from './http2-model.ts'
import { respond } from './http2-responses.ts'
import { MemorySocket, settled } from './memory-socket.ts'
import type { Random } from './random.ts'

const unsentBytesMax = 100_000
/** Bytes that one chunk of the socket may add before a check, and partly filled buffers. */
const slackBytes = 150_000
const requestFields = [':method', 'POST', ':scheme', 'http', ':authority', 'a', ':path', '/big']

/**
 * Fuzzes a client that sends many requests and reads nothing, or sometimes. The server keeps a
 * bounded amount for it.
 */
export async function fuzzHttp2Flood(random: Random): Promise<void> {
  // With an endless budget, the other limits must hold.
  const endless = random.once(2) ? undefined : { burst: 1e9, perSecond: 1 }
  const server = createHttp2Server({
    respond: (exchange) => void respond(exchange, []),
    limits: {
      concurrentStreamsMax: 20,
      unsentBytesMax,
      gatheredBytesMax: 50_000,
      responseQueueBytes: 20_000,
      ...(endless ? { resets: endless, idleFrames: endless } : {}),
    },
  })
  try {
    const socket = new MemorySocket()
    server.accept(socket.asSocket, 'http', '127.0.0.1')
    const window = Buffer.concat([Buffer.of(0, 4), uint32(0x7fff_ffff)])
    socket.send(Buffer.concat([clientPreface, toFrame(type.settings, 0, 0, window)]))
    socket.send(toFrame(type.windowUpdate, 0, 0, uint32(0x7fff_0000)))
    await settled(socket)
    socket.setReading(false)
    const flood = new Flood(random)
    for (let count = random.integer(10, 60); count > 0 && !socket.writableEnded; count--) {
      // Data that is not read waits where it costs the server nothing.
      if (socket.readableLength === 0) socket.send(flood.next())
      await settled()
      const kept = socket.writableLength
      assert.ok(kept <= unsentBytesMax + slackBytes, `${kept} bytes wait for a client`)
      if (random.once(10)) {
        socket.setReading(true)
        await settled()
        socket.takeWritten()
        socket.setReading(false)
      }
    }
    socket.destroy()
    await settled()
    assert.equal(server.connectionCount, 0, 'a connection is left over')
  } finally {
    server.destroy()
  }
}

/** Returns up to 64 KiB of frames that all need a response. */
class Flood {
  readonly #random: Random
  readonly #encoder = new HpackEncoder()
  #lastId = -1

  constructor(random: Random) {
    this.#random = random
  }

  next(): Buffer {
    const frames: Buffer[] = []
    const kind = this.#random.integer(0, 3)
    for (let bytes = 0; bytes < 60_000; bytes += frames.at(-1)?.length ?? 0) {
      frames.push(this.#frame(kind))
    }
    return Buffer.concat(frames)
  }

  #frame(kind: number): Buffer {
    switch (kind) {
      case 0:
        return toFrame(type.ping, 0, 0, Buffer.alloc(8))
      case 1:
        return toFrame(type.settings, 0, 0, Buffer.alloc(0))
      case 2:
        return this.#request()
      default:
        return Buffer.concat([this.#request(), toFrame(type.reset, 0, this.#lastId, uint32(8))])
    }
  }

  #request(): Buffer {
    this.#lastId += 2
    const out = Buffer.alloc(encodedBytesMax(requestFields))
    const block = out.subarray(0, this.#encoder.encode(requestFields, out, 0))
    return toFrame(type.headers, flag.endHeaders | flag.endStream, this.#lastId, block)
  }
}
