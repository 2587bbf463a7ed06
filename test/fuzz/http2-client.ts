import assert from 'node:assert/strict'
import type { HeaderList } from '@marquee/http/exchange'
import { ClientConnection } from '@marquee/http/http2/client/connection'
import { clientLimits } from '@marquee/http/http2/client/limits'
import type { ClientStream, StreamOwner } from '@marquee/http/http2/client/port'
import { Http2Context } from '@marquee/http/http2/core/context'
import { errorCode, frameFlag, frameType } from '@marquee/http/http2/frames/wire'
import { encodedBytesMax, HpackEncoder } from '../../packages/http/http2/hpack/encoder.ts'
import { toFrame, uint32 } from '../../packages/http/http2/testing/frames-peer.ts'
import { MemorySocket, settled } from './memory-socket.ts'
import type { Random } from './random.ts'

const { endHeaders, endStream, ack } = frameFlag
const requestHead = [':method', 'POST', ':scheme', 'http', ':authority', 'a', ':path', '/']
const head = [':status', '200', 'content-type', 'application/grpc']
const heads: readonly HeaderList[] = [
  ...[head, head, head, [...head, 'x-a', '1']],
  ...[[':status', '103'], [':status', '99'], ['x-a', '1'], [...head, 'content-length', '3'], []],
]

/**
 * Fuzzes the client with a mostly valid server. Whatever the server does, the owner of a stream
 * gets events in order and its end once, and nothing is left over.
 */
export async function fuzzHttp2Client(random: Random): Promise<void> {
  const socket = new MemorySocket()
  const limits = { ...clientLimits, streamWindowBytes: 1_000, connectionWindowBytes: 100_000 }
  const context = new Http2Context({ limits: { ...limits, sweepIntervalMs: 5 } })
  let endCount = 0
  const client = new ClientConnection(context, socket.asSocket, {
    onReady() {},
    onRoom() {},
    onLeaving() {},
    onEnd: () => endCount++,
  })
  const server = new Server(random, socket)
  const owners: Owner[] = []
  server.send(toFrame(frameType.settings, 0, 0, Buffer.alloc(0)))
  await settled(socket)
  for (let count = random.integer(1, 60); count > 0 && !client.closed; count--) {
    if (client.hasRoom && random.once(3)) owners.push(openStream(client, random))
    const owner = owners.length > 0 ? random.pick(owners) : undefined
    if (owner && random.once(3)) owner.act()
    server.act(owners.length)
    if (random.once(2)) await settled(socket)
  }
  socket.hangUp()
  await settled(socket)
  socket.destroy()
  await settled(socket)
  assert.equal(endCount, 1, 'the connection ended once')
  assert.equal(client.streamCount, 0, 'a stream is left over')
  for (const owner of owners) owner.check()
}

/** The server's side: mostly valid frames. */
class Server {
  readonly #random: Random
  readonly #socket: MemorySocket
  readonly #encoder = new HpackEncoder()

  constructor(random: Random, socket: MemorySocket) {
    this.#random = random
    this.#socket = socket
  }

  send(...frames: Buffer[]): void {
    for (const part of this.#random.cut(Buffer.concat(frames))) this.#socket.send(part)
  }

  act(streamCount: number): void {
    const random = this.#random
    const id = 2 * random.integer(1, Math.max(1, streamCount)) - 1
    const last = random.once(4) ? endStream : 0
    const control: readonly (() => Buffer)[] = [
      () => toFrame(frameType.resetStream, 0, id, uint32(random.integer(0, 13))),
      () => toFrame(frameType.windowUpdate, 0, random.pick([0, id]), uint32(random.integer(1, 99))),
      () => toFrame(frameType.ping, random.pick([0, ack]), 0, random.bytes(8)),
      () => toFrame(frameType.settings, ack, 0, Buffer.alloc(0)),
      () => toFrame(frameType.settings, 0, 0, Buffer.from('000400000100', 'hex')),
      () => toFrame(random.integer(10, 255), 0, id, random.bytes(9)),
    ]
    const fatal: readonly (() => Buffer)[] = [
      () => toFrame(frameType.goaway, 0, 0, Buffer.concat([uint32(id), uint32(errorCode.noError)])),
      () =>
        toFrame(
          random.integer(0, 9),
          random.integer(0, 255),
          random.pick([0, id, 2, 999]),
          random.bytes(random.integer(0, 20)),
        ),
    ]
    const responses: readonly (() => void)[] = [
      () => this.send(this.#headers(id, random.pick(heads), last)),
      () => this.send(this.#headers(id, ['grpc-status', '0'], endStream)),
      () => this.send(toFrame(frameType.data, last, id, random.bytes(random.integer(0, 300)))),
      () => this.#respond(id),
    ]
    if (random.once(60)) this.send(random.pick(fatal)())
    else if (random.once(4)) this.send(random.pick(control)())
    else random.pick(responses)()
  }

  #respond(id: number): void {
    const bytes = this.#random.bytes(this.#random.integer(1, 200))
    const reset = toFrame(frameType.resetStream, 0, id, uint32(errorCode.noError))
    this.send(
      this.#headers(id, head, 0),
      toFrame(frameType.data, 0, id, bytes),
      this.#headers(id, ['grpc-status', '0'], endStream),
      // Needs no more of the request.
      ...(this.#random.once(4) ? [reset] : []),
    )
  }

  #headers(id: number, fields: HeaderList, flags: number): Buffer {
    const block = Buffer.alloc(encodedBytesMax(fields))
    const end = this.#encoder.encode(fields, block, 0)
    return toFrame(frameType.headers, flags | endHeaders, id, block.subarray(0, end))
  }
}

interface Owner {
  /** Acts on the stream. */
  act(): void
  /** Throws when an event is unexpected or missing. */
  check(): void
}

function openStream(client: ClientConnection, random: Random): Owner {
  const told: string[] = []
  let stream: ClientStream | undefined
  let isCancelled = false
  function hear(what: string): void {
    assert.ok(!isCancelled, `${what} is told of a stream that was given up`)
    assert.ok(!told.includes('end') && !told.includes('failure'), `${what} behind the end`)
    told.push(what)
    if (what !== 'failure' && random.once(4)) act()
  }
  function act(): void {
    const acts: readonly (() => void)[] = [
      () => stream?.write(random.bytes(random.integer(0, 500))),
      () => stream?.end(random.once(2) ? undefined : random.bytes(100)),
      () => void stream?.take(),
      () => void stream?.take(),
      () => {
        isCancelled = true
        stream?.cancel()
      },
    ]
    random.pick(acts)()
  }
  const owner: StreamOwner = {
    onOpen(opened) {
      stream = opened
      hear('open')
    },
    onHead: () => hear('head'),
    onBytes() {
      assert.ok(told.includes('head'), 'bytes before the head')
      hear('bytes')
    },
    onEnd() {
      assert.ok(told.includes('head'), 'the end before the head')
      assert.ok(stream?.isComplete, 'an end that is none')
      hear('end')
    },
    onFailure() {
      assert.ok(!stream?.isComplete || stream.status === 0, 'a response that is complete fails')
      hear('failure')
    },
  }
  client.request(requestHead, owner)
  return {
    act,
    check() {
      assert.equal(told[0], 'open')
      assert.ok(told.filter((what) => what === 'head').length <= 1, 'two heads')
      const isOver = told.includes('end') || told.includes('failure')
      assert.ok(isCancelled || isOver, `nothing is told of the end: ${told}`)
    },
  }
}
