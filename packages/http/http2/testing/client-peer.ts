import { expect } from 'bun:test'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { createManualClock } from '@marquee/testing/manual-clock'
import { waitFor } from '@marquee/testing/wait-for'
import { systemClock } from '../../clock.ts'
import type { HeaderList } from '../../exchange.ts'
import { ClientConnection } from '../client/connection.ts'
import { clientLimits } from '../client/limits.ts'
import type { ClientStream, StreamOwner } from '../client/port.ts'
import { Http2Context } from '../core/context.ts'
import { settingId, settingsPayload } from '../frames/settings.ts'
import { clientPreface, frameFlag, frameType } from '../frames/wire.ts'
import type { Http2Limits } from '../limits.ts'
import { FramesPeer, toFrame, uint32 } from './frames-peer.ts'

const { endStream, endHeaders, ack } = frameFlag

export const requestHead = [':method', 'POST', ':scheme', 'http', ':authority', 'a', ':path', '/']

export interface PairOptions {
  readonly limits?: Partial<Http2Limits>
  /** True when the server has sent its SETTINGS. Default: true. */
  readonly greeted?: boolean
  /** True when owners take bytes as they arrive. Default: true. */
  readonly taking?: boolean
  /** True when only `pass` advances the time. Default: false. */
  readonly isTimed?: boolean
}

/** A client's connection and its peer, which the test controls. */
export interface Pair extends AsyncDisposable {
  readonly client: ClientConnection
  readonly peer: FramesPeer
  readonly events: string[]
  request(head?: HeaderList): Call
  /** Sends frames in one piece. */
  send(...frames: Buffer[]): void
  /** SETTINGS_MAX_CONCURRENT_STREAMS. */
  allow(streamCount: number): void
  pass(ms: number): void
}

export interface Call {
  readonly stream: ClientStream
  readonly events: string[]
  readonly wasCompleteAtHead: boolean
  /** Resolves with the cause of a failure, if there was one. */
  readonly over: Promise<Error | undefined>
  text(): string
}

export async function connectPair(options: PairOptions = {}): Promise<Pair> {
  const { limits, greeted = true, taking = true, isTimed = false } = options
  const listener = createServer()
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const accepted = once(listener, 'connection')
  const socket = connect((listener.address() as { port: number }).port, '127.0.0.1')
  await once(socket, 'connect')
  const manual = createManualClock()
  const clock = isTimed ? manual : systemClock
  const context = new Http2Context({
    limits: { ...clientLimits, sweepIntervalMs: 5, ...limits },
    clock,
  })
  const events: string[] = []
  const client = new ClientConnection(context, socket, {
    onReady: () => events.push('ready'),
    onRoom: () => events.push('room'),
    onLeaving: () => events.push('leaving'),
    onEnd: () => events.push('end'),
  })
  const [serverSocket] = (await accepted) as [Socket]
  const peer = await acceptPreface(serverSocket)
  const allow = (count: number) =>
    peer.send(frameType.settings, 0, 0, settingsPayload([[settingId.maxConcurrentStreams, count]]))
  if (greeted) {
    allow(100)
    peer.send(frameType.settings, ack, 0)
    await waitFor(() => client.hasRoom, { what: 'room', intervalMs: 1 })
  }
  return {
    client,
    peer,
    events,
    request: (head = requestHead) => startCall(client, taking, head),
    send: (...frames) => peer.socket.write(Buffer.concat(frames)),
    allow,
    pass: (ms) => manual.advance(ms),
    async [Symbol.asyncDispose]() {
      client.destroy(new Error('the test is over'))
      serverSocket.destroy()
      listener.close()
    },
  }
}

/** Returns a peer that has received the preface. */
async function acceptPreface(socket: Socket): Promise<FramesPeer> {
  let bytes = Buffer.alloc(0)
  while (bytes.length < clientPreface.length) {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) await once(socket, 'readable')
    else bytes = Buffer.concat([bytes, chunk])
  }
  expect(bytes.subarray(0, clientPreface.length).equals(clientPreface)).toBe(true)
  if (bytes.length > clientPreface.length) socket.unshift(bytes.subarray(clientPreface.length))
  return new FramesPeer(socket)
}

function startCall(client: ClientConnection, taking: boolean, head: HeaderList): Call {
  const { promise: over, resolve } = Promise.withResolvers<Error | undefined>()
  const chunks: Uint8Array[] = []
  const events: string[] = []
  const call = { over, events, wasCompleteAtHead: false, text: () => `${Buffer.concat(chunks)}` }
  function take(): void {
    for (let bytes = stream.take(); bytes; bytes = stream.take()) chunks.push(bytes)
  }
  const owner: StreamOwner = {
    onOpen: () => events.push('open'),
    onHead() {
      events.push('head')
      call.wasCompleteAtHead = stream.isComplete
    },
    onBytes() {
      events.push('bytes')
      if (taking) take()
    },
    onEnd() {
      events.push('end')
      take()
      resolve(undefined)
    },
    onFailure(cause) {
      events.push('failure')
      resolve(cause)
    },
  }
  const stream = client.request(head, owner)
  return Object.assign(call, { stream })
}

export function headers(
  { peer }: Pair,
  streamId: number,
  headers: HeaderList,
  isLast = false,
): Buffer {
  const flags = endHeaders | (isLast ? endStream : 0)
  return toFrame(frameType.headers, flags, streamId, peer.encode(headers))
}

export function data(streamId: number, bytes: string | Uint8Array, flags = 0): Buffer {
  return toFrame(frameType.data, flags, streamId, Buffer.from(bytes as Uint8Array))
}

export function goaway(lastStreamId: number, code: number): Buffer {
  return toFrame(frameType.goaway, 0, 0, Buffer.concat([uint32(lastStreamId), uint32(code)]))
}

export function sentBytes({ peer }: Pair, streamId: number): number {
  return peer.frames
    .filter((frame) => frame.type === frameType.data && frame.streamId === streamId)
    .reduce((sum, { payload }) => sum + payload.length, 0)
}
