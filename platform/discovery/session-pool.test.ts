import { expect, test } from 'bun:test'
import { once } from 'node:events'
import { type ClientHttp2Stream, createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { alsoOnDenoAndNode } from '../testing/other-runtimes/also-on.ts'
import { waitFor } from '../testing/wait-for.ts'
import { streamsMax } from './session.ts'
import {
  createSessionPool,
  NotSentError,
  type SessionPool,
  sessionsMax,
  waitingMax,
} from './session-pool.ts'

alsoOnDenoAndNode(import.meta.filename)

const streamsAllowed = 5

test('calls at once go on one connection for as long as the peer allows it', async () => {
  await using peer = await startPeer()
  using pool = connect(peer.url)
  await pool.open(streamsAllowed)
  await waitFor(() => peer.open.size === streamsAllowed, { what: 'the calls to arrive' })
  expect(peer.connectionCount()).toBe(1)
})

test('more calls go on more connections, and beyond those they wait in order', async () => {
  await using peer = await startPeer()
  using pool = connect(peer.url)
  const roomCount = sessionsMax * streamsAllowed
  const calls = Array.from({ length: roomCount + 3 }, () => pool.request())
  const settled: number[] = []
  calls.forEach((call, index) => void call.then(() => settled.push(index)))
  await waitFor(() => peer.open.size === roomCount, { what: 'the calls to arrive' })
  expect(settled).toHaveLength(roomCount)
  for (let index = roomCount; index < calls.length; index++) {
    peer.answerOne()
    await calls[index]
    expect(settled.at(-1)).toBe(index)
  }
  expect(peer.connectionCount()).toBe(sessionsMax)
})

test('a peer that allows any number of streams gets a bounded number on a connection', async () => {
  await using peer = await startPeer(2 ** 31 - 1)
  using pool = connect(peer.url)
  await pool.open(streamsMax + 1)
  await waitFor(() => peer.open.size > streamsMax, { what: 'the calls to arrive' })
  expect(peer.connectionCount()).toBe(2)
})

test('room is free again however a call ended', async () => {
  await using peer = await startPeer()
  using pool = connect(peer.url)
  const roomCount = sessionsMax * streamsAllowed
  for (let round = 0; round < 5; round++) {
    const streams = await pool.open(roomCount)
    await waitFor(() => peer.open.size === roomCount, { what: 'the calls to arrive' })
    const ends = streams.map((stream) => new Promise((resolve) => stream.on('close', resolve)))
    for (const stream of streams.slice(0, 5)) stream.close(8)
    for (const stream of streams.slice(5, 10)) stream.destroy()
    while (peer.open.size > 5) peer.answerOne()
    peer.resetAll()
    await Promise.all(ends)
  }
  expect(peer.connectionCount()).toBe(sessionsMax)
})

test('a call that waits is given up with its signal, and takes no room later', async () => {
  await using peer = await startPeer()
  using pool = connect(peer.url)
  await pool.open(sessionsMax * streamsAllowed)
  const controller = new AbortController()
  const call = pool.request(controller.signal)
  controller.abort(new Error('too late'))
  await expect(call).rejects.toThrow('too late')
  peer.answerOne()
  const [next] = await pool.open(1)
  expect(next?.closed).toBe(false)
})

test('no more calls wait than there may', async () => {
  await using peer = await startPeer()
  using pool = connect(peer.url)
  await pool.open(sessionsMax * streamsAllowed)
  const waiting = Array.from({ length: waitingMax }, () => pool.request().catch(() => 'ended'))
  await expect(pool.request()).rejects.toBeInstanceOf(NotSentError)
  pool.close()
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['ended']))
})

test('calls that wait for a connection that fails are told at once that they were not sent', async () => {
  const peer = await startPeer()
  await peer[Symbol.asyncDispose]()
  using pool = connect(peer.url)
  const calls = Array.from({ length: 20 }, () => pool.request().catch((error) => error))
  for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(NotSentError)
})

test('nothing is opened once it is closed', async () => {
  await using peer = await startPeer()
  using pool = connect(peer.url)
  await pool.open(1)
  pool.close()
  await expect(pool.request()).rejects.toBeInstanceOf(NotSentError)
  using later = connect(peer.url)
  await later.open(1)
  expect(peer.connectionCount()).toBe(2)
})

interface Peer extends AsyncDisposable {
  readonly url: string
  /** Calls that are not answered yet. */
  readonly open: ReadonlySet<ServerHttp2Stream>
  /** Connections that were ever opened. */
  connectionCount(): number
  answerOne(): void
  resetAll(): void
}

/** A server that answers when it is told to. */
async function startPeer(maxConcurrentStreams = streamsAllowed): Promise<Peer> {
  const server = createServer({ settings: { maxConcurrentStreams } })
  const open = new Set<ServerHttp2Stream>()
  const sessions = new Set<{ destroy(): void }>()
  server.on('session', (session) => sessions.add(session))
  server.on('stream', (stream: ServerHttp2Stream) => {
    open.add(stream)
    stream.on('error', () => {})
    stream.on('close', () => open.delete(stream))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open,
    connectionCount: () => sessions.size,
    answerOne() {
      const [stream] = open
      if (!stream) throw new Error('there is no call to answer')
      open.delete(stream)
      stream.respond({ ':status': 200 })
      stream.end()
    },
    resetAll() {
      for (const stream of open) stream.close(7)
      open.clear()
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy()
      server.close()
    },
  }
}

interface Connected extends Disposable {
  request(signal?: AbortSignal): Promise<ClientHttp2Stream>
  /** Opens streams at once. */
  open(count: number): Promise<ClientHttp2Stream[]>
  close: SessionPool['close']
}

function connect(url: string): Connected {
  const pool = createSessionPool(url)
  const request = async (signal?: AbortSignal) => {
    const stream = await pool.request(['GET', '/', {}, {}], signal)
    return stream.on('error', () => {}).resume()
  }
  return {
    request,
    open: (count) => Promise.all(Array.from({ length: count }, () => request())),
    close: pool.close,
    [Symbol.dispose]: pool.close,
  }
}
