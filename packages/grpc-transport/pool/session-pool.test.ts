import { expect, test } from 'bun:test'
import { once } from 'node:events'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { cancelsAllowed, streamsMax } from '@marquee/http/http2/client/limits'
import { type ClientStream, NotSentError, type StreamOwner } from '@marquee/http/http2/client/port'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { waitFor } from '@marquee/testing/wait-for'
import { serveFrames } from '../../http/http2/testing/frames-peer.ts'
import { createHttp2Context } from './connection.ts'
import { callBounds, createSessionPool, type SessionPool } from './session-pool.ts'

alsoOnDenoAndNode(import.meta.filename)

const { sessionsMax, waitingMax } = callBounds
const streamsAllowed = 5
const head = [':method', 'GET', ':scheme', 'http', ':authority', 'peer', ':path', '/']

test('concurrent calls share one connection while the peer allows it', async () => {
  await using peer = await startPeer()
  using client = connect(peer.url)
  await client.open(streamsAllowed)
  await waitFor(() => peer.open.size === streamsAllowed, { what: 'the calls to arrive' })
  expect(peer.connectionCount()).toBe(1)
})

test('further calls open further connections up to the bound, and then wait in order', async () => {
  await using peer = await startPeer()
  using client = connect(peer.url)
  const roomCount = sessionsMax * streamsAllowed
  const calls = Array.from({ length: roomCount + 3 }, () => client.request())
  const settled: number[] = []
  calls.forEach((call, index) => void call.then(() => settled.push(index)))
  await waitFor(() => peer.open.size === roomCount, { what: 'the calls to arrive' })
  expect(settled).toHaveLength(roomCount)
  for (let index = roomCount; index < calls.length; index++) {
    peer.respondOne()
    await calls[index]
    expect(settled.at(-1)).toBe(index)
  }
  expect(peer.connectionCount()).toBe(sessionsMax)
})

test('a peer that allows any number of streams gets a bounded number per connection', async () => {
  await using peer = await startPeer(2 ** 31 - 1)
  using client = connect(peer.url)
  await client.open(streamsMax + 1)
  await waitFor(() => peer.open.size > streamsMax, { what: 'the calls to arrive' })
  expect(peer.connectionCount()).toBe(2)
})

test('a call frees its room however it ends', async () => {
  await using peer = await startPeer()
  using client = connect(peer.url)
  const roomCount = sessionsMax * streamsAllowed
  for (let round = 0; round < 5; round++) {
    const calls = await client.open(roomCount)
    await waitFor(() => peer.open.size === roomCount, { what: 'the calls to arrive' })
    for (const { stream } of calls.slice(0, 10)) stream.cancel()
    await waitFor(() => peer.open.size === roomCount - 10, { what: 'the calls to be given up' })
    while (peer.open.size > 5) peer.respondOne()
    peer.resetAll()
    await Promise.all(calls.slice(10).map(({ over }) => over))
  }
  expect(peer.connectionCount()).toBe(sessionsMax)
})

test('a call that is cancelled while it waits takes no room later', async () => {
  await using peer = await startPeer()
  using client = connect(peer.url)
  await client.open(sessionsMax * streamsAllowed)
  const { owner, opened } = createCaller()
  const settled: string[] = []
  void opened.then(() => settled.push('given up'))
  client.pool.open(head, owner)
  const next = client.request().then(() => settled.push('next'))
  client.pool.abandon(owner)
  await waitFor(() => peer.open.size === sessionsMax * streamsAllowed, { what: 'the calls' })
  peer.respondOne()
  await next
  expect(settled).toEqual(['next'])
})

test('a call beyond the bound of waiting calls fails at once', async () => {
  await using peer = await startPeer()
  using client = connect(peer.url)
  await client.open(sessionsMax * streamsAllowed)
  const waiting = Array.from({ length: waitingMax }, () => client.request().catch(() => 'ended'))
  await expect(client.request()).rejects.toBeInstanceOf(NotSentError)
  client.pool.close()
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['ended']))
})

test('a connection with too many cancelled calls rests, and keeps its streams', async () => {
  await using server = await serveFrames(() => {})
  using client = connect(`http://127.0.0.1:${server.port}`)
  const [kept] = await client.open(1)
  const over = kept?.over.then(() => 'it is over')
  for (let given = 0; given < 2 * cancelsAllowed.burst; given += 100) {
    for (const { stream } of await client.open(100)) stream.cancel()
  }
  await client.open(10)
  expect(server.http2.connectionCount).toBeGreaterThanOrEqual(2)
  expect(await Promise.race([over, 'it goes on'])).toBe('it goes on')
})

test('calls that wait for a connection fail as not sent when it fails', async () => {
  const peer = await startPeer()
  await peer[Symbol.asyncDispose]()
  using client = connect(peer.url)
  const calls = Array.from({ length: 20 }, () => client.request().catch((error) => error))
  for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(NotSentError)
})

test('calls fail as not sent when no connection can be opened', async () => {
  const tls = { cert: 'no certificate', key: 'no key' }
  const pool = createSessionPool('https://127.0.0.1:1', { context: createHttp2Context(), tls })
  for (let count = 0; count < 2; count++) {
    const { owner, opened } = createCaller()
    pool.open(head, owner)
    await expect(opened).rejects.toBeInstanceOf(NotSentError)
  }
  pool.close()
})

test('a closed pool opens no streams', async () => {
  await using peer = await startPeer()
  using client = connect(peer.url)
  await client.open(1)
  client.pool.close()
  await expect(client.request()).rejects.toBeInstanceOf(NotSentError)
  using later = connect(peer.url)
  await later.open(1)
  expect(peer.connectionCount()).toBe(2)
})

interface Peer extends AsyncDisposable {
  readonly url: string
  /** Calls without a response. */
  readonly open: ReadonlySet<ServerHttp2Stream>
  /** Connections that were ever opened. */
  connectionCount(): number
  respondOne(): void
  resetAll(): void
}

/** A server that responds on demand. */
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
    respondOne() {
      const [stream] = open
      if (!stream) throw new Error('there is no call to respond to')
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

interface Call {
  readonly stream: ClientStream
  /** Resolves when the call has ended, however it did. */
  readonly over: Promise<void>
}

interface Connected extends Disposable {
  readonly pool: SessionPool
  request(): Promise<Call>
  /** Opens streams at once. */
  open(count: number): Promise<Call[]>
}

function connect(url: string): Connected {
  const pool = createSessionPool(url, { context: createHttp2Context() })
  const request = () => {
    const { owner, opened } = createCaller()
    pool.open(head, owner)
    return opened
  }
  return {
    pool,
    request,
    open: (count) => Promise.all(Array.from({ length: count }, request)),
    [Symbol.dispose]: pool.close,
  }
}

function createCaller() {
  const opened = Promise.withResolvers<Call>()
  const over = Promise.withResolvers<void>()
  const owner: StreamOwner = {
    onOpen(stream) {
      stream.end()
      opened.resolve({ stream, over: over.promise })
    },
    onHead() {},
    onBytes() {},
    onEnd: over.resolve,
    onFailure(cause) {
      opened.reject(cause)
      over.resolve()
    },
  }
  return { owner, opened: opened.promise }
}
