import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { waitFor } from '@marquee/testing/wait-for'
import { type Clock, systemClock } from '../../clock.ts'
import type { Engine } from '../../engine.ts'
import type { Exchange, HeaderList, Respond } from '../../exchange.ts'
import {
  clientPreface,
  frameFlag,
  frameHeaderBytes,
  frameType,
  readUint24,
  readUint31,
  readUint32,
  writeFrameHeader,
  writeUint32,
} from '../frames/wire.ts'
import { HpackDecoder } from '../hpack/decoder.ts'
import { encodedBytesMax, HpackEncoder } from '../hpack/encoder.ts'
import type { Http2Limits } from '../limits.ts'
import { createHttp2Server } from '../server/server.ts'

/** A frame, with the parts of its payload that tests check. */
export interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
  /** Headers of a HEADERS frame with END_HEADERS. */
  readonly headers?: HeaderList
}

/** An HTTP/2 peer that only keeps what it receives, so that a test decides the order of frames. */
export class FramesPeer implements AsyncDisposable {
  readonly socket: Socket
  readonly frames: Frame[] = []
  closed = false
  readonly #encoder = new HpackEncoder()
  readonly #decoder = new HpackDecoder({ tableBytesMax: 4096 })
  #rest: Buffer = Buffer.alloc(0)
  #pings = 0

  /** @param to Port to connect to as a client, or a socket whose next bytes are frames. */
  constructor(to: number | Socket) {
    this.socket = typeof to === 'number' ? connect(to, '127.0.0.1') : to
    this.socket.on('data', (chunk: Buffer) => this.#read(chunk))
    this.socket.on('close', () => {
      this.closed = true
    })
    // Not reported here: a test that waits for a frame fails when it does not arrive.
    this.socket.on('error', () => {})
  }

  /** Sends preface and SETTINGS, waits for those of the server, and acknowledges them. */
  async greet(settings: Uint8Array = Buffer.alloc(0)): Promise<this> {
    this.socket.write(clientPreface)
    this.send(frameType.settings, 0, 0, settings)
    await this.next((frame) => frame.type === frameType.settings && frame.flags === 0)
    this.send(frameType.settings, frameFlag.ack, 0)
    return this
  }

  send(type: number, flags: number, streamId: number, payload: Uint8Array = Buffer.alloc(0)): void {
    this.socket.write(toFrame(type, flags, streamId, payload))
  }

  /**
   * Sends a request with the usual pseudo-headers, or with `headers` alone when they begin with
   * one.
   */
  request(streamId: number, headers: HeaderList = [], endStream = true): void {
    const all = headers[0]?.startsWith(':') ? headers : [...post, ...headers]
    const flags = frameFlag.endHeaders | (endStream ? frameFlag.endStream : 0)
    this.send(frameType.headers, flags, streamId, this.encode(all))
  }

  data(streamId: number, text: string | Uint8Array, endStream = false): void {
    this.send(frameType.data, endStream ? frameFlag.endStream : 0, streamId, Buffer.from(text))
  }

  windowUpdate(streamId: number, bytes: number): void {
    this.send(frameType.windowUpdate, 0, streamId, uint32(bytes))
  }

  encode(headers: HeaderList): Buffer {
    const block = Buffer.alloc(encodedBytesMax(headers))
    return block.subarray(0, this.#encoder.encode(headers, block, 0))
  }

  /** Returns the first frame of this kind, which may have arrived already. */
  next(matches: (frame: Frame) => boolean): Promise<Frame> {
    return waitFor(() => this.frames.find(matches) ?? this.#missing(), { ...soon, what: 'a frame' })
  }

  /** Returns all frames of the stream when it has ended. */
  async response(streamId: number): Promise<Frame[]> {
    const ends = (frame: Frame) =>
      frame.streamId === streamId &&
      (frame.type === frameType.resetStream ||
        ((frame.type === frameType.data || frame.type === frameType.headers) &&
          (frame.flags & frameFlag.endStream) !== 0))
    await this.next(ends)
    return this.frames.filter((frame) => frame.streamId === streamId)
  }

  /** Returns the code with which the stream was reset. */
  async resetCode(streamId: number): Promise<number> {
    const { payload } = await this.next(
      (frame) => frame.type === frameType.resetStream && frame.streamId === streamId,
    )
    return readUint32(payload, 0)
  }

  /** Returns the code of the GOAWAY that ends the connection, when it is closed. */
  async goawayCode(): Promise<number> {
    await waitFor(() => this.closed || this.#missing(), { ...soon, what: 'the end' })
    const goaway = this.frames.findLast((frame) => frame.type === frameType.goaway)
    return goaway === undefined ? -1 : readUint32(goaway.payload, 4)
  }

  /** Sends a PING and waits for the response: everything before it was handled. */
  async settled(): Promise<void> {
    const payload = Buffer.alloc(8)
    payload.writeUInt32BE(++this.#pings, 4)
    this.send(frameType.ping, 0, 0, payload)
    await this.next((frame) => frame.type === frameType.ping && frame.payload.equals(payload))
  }

  #missing(): never {
    const got = this.frames.map(({ type, flags, streamId }) => `${type}/${flags}/${streamId}`)
    throw new Error(`got ${got.join(' ')}`)
  }

  #read(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#rest, chunk])
    while (bytes.length >= frameHeaderBytes) {
      const end = frameHeaderBytes + readUint24(bytes, 0)
      if (bytes.length < end) break
      this.#keep(
        bytes[3] ?? 0,
        bytes[4] ?? 0,
        readUint31(bytes, 5),
        bytes.subarray(frameHeaderBytes, end),
      )
      bytes = bytes.subarray(end)
    }
    this.#rest = bytes
  }

  #keep(type: number, flags: number, streamId: number, payload: Buffer): void {
    const isBlock = type === frameType.headers && (flags & frameFlag.endHeaders) !== 0
    const limits = { listBytesMax: 1e6, listCountMax: 1e4 }
    const headers = isBlock ? { headers: this.#decoder.decode(payload, limits).headers } : {}
    this.frames.push({ type, flags, streamId, payload, ...headers })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
  }
}

const soon = { intervalMs: 2, timeoutMs: 5_000 }

const post = [':method', 'POST', ':scheme', 'http', ':authority', 'a', ':path', '/']

export function toFrame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array,
): Buffer {
  const frame = Buffer.alloc(frameHeaderBytes + payload.length)
  writeFrameHeader(frame, 0, payload.length, type, flags, streamId)
  frame.set(payload, frameHeaderBytes)
  return frame
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  writeUint32(bytes, 0, value)
  return bytes
}

/** A server on loopback for raw peers. It keeps the exchanges that it gets. */
export interface FramesServer extends AsyncDisposable {
  readonly port: number
  readonly http2: Engine
  readonly exchanges: Exchange[]
  /** Returns a peer after the exchange of SETTINGS. */
  peer(): Promise<FramesPeer>
}

export interface ServeFramesOptions {
  readonly trusts?: (address: string) => boolean
  readonly clock?: Clock
}

export async function serveFrames(
  respond: Respond,
  limits: Partial<Http2Limits> = {},
  { trusts, clock = systemClock }: ServeFramesOptions = {},
): Promise<FramesServer> {
  const exchanges: Exchange[] = []
  const http2 = createHttp2Server({
    respond(exchange) {
      exchanges.push(exchange)
      respond(exchange)
    },
    limits,
    trusts,
    clock,
  })
  const listener = createServer((socket) => http2.accept(socket, 'http', '127.0.0.1'))
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as { port: number }
  return {
    port,
    http2,
    exchanges,
    peer: () => new FramesPeer(port).greet(),
    async [Symbol.asyncDispose]() {
      http2.destroy()
      listener.close()
    },
  }
}
