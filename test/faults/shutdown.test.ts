import { expect, test } from 'bun:test'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node'
import { createGrpcWebTransport } from '@connectrpc/connect-web'
import type { Exit, Program } from '@marquee/testing/process'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { type RuntimeName, runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { startService } from '../system/service-process.ts'
import { connectFrames, frame, getRoot } from './http2-frames.ts'
import { isNotSent, type LoadClient, loadClients } from './load.ts'

/**
 * Maximum time from SIGTERM to the end of the process: half of the limit in
 * `packages/service/process/run.ts`, and less than the 10 seconds after which the server aborts
 * what is left, because nothing should be left.
 */
const shutdownTimeoutMs = 7_500
/** Calls in flight by each kind of client. */
const concurrency = 4
/** Number of calls of each kind of client before the signal, and again after it. */
const callCount = 200
/** Maximum number of failures that are reported for each kind of client. */
const failuresMax = 5
const testTimeoutMs = 60_000

const alien = { id: 'alien', title: 'Alien' }

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `SIGTERM to a service on ${name}`, () => describeShutdown(name))
}

function describeShutdown(runtime: RuntimeName): void {
  test(
    'a shutdown under load fails no call of clients that move to another instance',
    async () => {
      await using folder = await temporaryFolder()
      const args = ['--database-url', `sqlite:${join(folder.path, 'metadata.db')}`]
      const instance = { service: 'metadata', runtime, args } as const
      await using first = await startService(instance)
      await using second = await startService(instance)
      await putAlien(first.url)
      const urls = [first.url, second.url]
      const loads = await Promise.all(loadClients.map((client) => startLoad(client, urls)))
      await callMore(loads)
      first.program.kill('SIGTERM')
      expect(await exitOf(first.program)).toEqual({ code: 0, signal: null })
      await callMore(loads)
      const failures = await Promise.all(loads.map((load) => load.stop()))
      expect(failures).toEqual(loadClients.map(({ name }) => ({ name, failed: [] })))
    },
    testTimeoutMs,
  )

  test(
    'a shutdown completes a call whose request is still arriving over HTTP/1.1',
    async () => {
      await using service = await startService({ service: 'metadata', runtime, args: memory })
      const { hostname, port } = new URL(service.url)
      const socket = connect(Number(port), hostname).setEncoding('utf8')
      let response = ''
      socket.on('data', (text: string) => {
        response += text
      })
      const body = JSON.stringify({ title: 'Alien' })
      const fields = `host: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`
      socket.write(`PUT /metadata?id=alien HTTP/1.1\r\n${fields}\r\n\r\n${body.slice(0, 5)}`)
      await waitFor(() => callsInFlight(service.url, 2), { what: 'the call to have begun' })
      service.program.kill('SIGTERM')
      await waitFor(() => refusesConnections(service.url), { what: 'the port to be closed' })
      socket.write(body.slice(5))
      await once(socket, 'close')
      expect(response).toStartWith('HTTP/1.1 201 ')
      expect(response.toLowerCase()).toContain('connection: close')
      expect(await exitOf(service.program)).toEqual({ code: 0, signal: null })
    },
    testTimeoutMs,
  )

  test(
    'a shutdown completes a call whose request is still arriving over HTTP/2',
    async () => {
      await using service = await startService({ service: 'metadata', runtime, args: memory })
      const session = connectHttp2(service.url)
      const goneAway = once(session, 'goaway')
      const stream = session.request({
        ':method': 'PUT',
        ':path': '/metadata?id=alien',
        'content-type': 'application/json',
      })
      const status = once(stream, 'response').then(([headers]) => headers[':status'])
      const body = JSON.stringify({ title: 'Alien' })
      stream.write(body.slice(0, 5))
      await waitFor(() => callsInFlight(service.url, 2), { what: 'the call to have begun' })
      service.program.kill('SIGTERM')
      await goneAway
      stream.end(body.slice(5))
      stream.resume()
      expect(await status).toBe(201)
      expect(await exitOf(service.program)).toEqual({ code: 0, signal: null })
    },
    testTimeoutMs,
  )

  test(
    'a request that crosses GOAWAY gets its response',
    async () => {
      await using service = await startService({ service: 'metadata', runtime, args: memory })
      await using client = connectFrames(service.url)
      await client.received(frame.settings)
      service.program.kill('SIGTERM')
      const goaway = await client.received(frame.goaway)
      expect(goaway.payload.readUInt32BE(0)).toBe(2 ** 31 - 1)
      client.send({ type: frame.headers, flags: 0x5, streamId: 1, payload: getRoot })
      expect(await client.received(frame.headers)).toMatchObject({ streamId: 1 })
      const { payload } = await client.received(frame.ping)
      client.send({ type: frame.ping, flags: 0x1, streamId: 0, payload })
      expect(await exitOf(service.program)).toEqual({ code: 0, signal: null })
    },
    testTimeoutMs,
  )

  test(
    'a shutdown closes idle connections',
    async () => {
      await using service = await startService({ service: 'metadata', runtime, args: memory })
      const { hostname, port } = new URL(service.url)
      const silent = connect(Number(port), hostname)
      await once(silent, 'connect')
      service.program.kill('SIGTERM')
      expect(await exitOf(service.program)).toEqual({ code: 0, signal: null })
    },
    testTimeoutMs,
  )

  test(
    'a shutdown ends open watches with UNAVAILABLE',
    async () => {
      await using folder = await temporaryFolder()
      const eventLog = ['--event-log', join(folder.path, 'events.db')]
      const args = [...memory, ...eventLog]
      await using service = await startService({ service: 'rating', runtime, args })
      const watches = watchTransports(service.url).map(startWatch)
      await Promise.all(watches.map(({ first }) => first))
      service.program.kill('SIGTERM')
      const ends = await Promise.all(watches.map(({ ended }) => ended))
      expect(ends).toEqual(watches.map(() => 'unavailable'))
      expect(await exitOf(service.program)).toEqual({ code: 0, signal: null })
    },
    testTimeoutMs,
  )
}

const memory = ['--database-url', 'memory:']

async function putAlien(baseUrl: string): Promise<void> {
  const transport = createConnectTransport({ baseUrl, httpVersion: '1.1' })
  await createClient(MetadataService, transport).putMetadata({ metadata: alien })
}

interface Load {
  responseCount(): number
  /** Stops the load, and returns the first few failures. */
  stop(): Promise<{ name: string; failed: string[] }>
}

/** Makes calls continuously, with several in flight. */
async function startLoad({ name, connect }: LoadClient, urls: readonly string[]): Promise<Load> {
  const connection = await connect(urls)
  const failed: string[] = []
  let responseCount = 0
  let stopped = false
  async function work(): Promise<void> {
    while (!stopped && failed.length < failuresMax) {
      const title = await connection.call(alien.id).catch(String)
      if (title === alien.title) responseCount++
      else failed.push(title ?? 'no title')
    }
  }
  const workers = Array.from({ length: concurrency }, work)
  return {
    responseCount: () => responseCount,
    async stop() {
      stopped = true
      await Promise.all(workers)
      await connection[Symbol.asyncDispose]()
      return { name, failed }
    },
  }
}

/** Resolves when each load has made this many more calls, or has stopped. */
async function callMore(loads: readonly Load[]): Promise<void> {
  const goals = loads.map((load) => load.responseCount() + callCount)
  const done = () => loads.every((load, index) => load.responseCount() >= (goals[index] ?? 0))
  await waitFor(done, { what: 'calls by every client', timeoutMs: 30_000 })
}

function exitOf(program: Program): Promise<Exit> {
  let exit: Exit | undefined
  void program.exited.then((response) => {
    exit = response
  })
  return waitFor(() => exit, { what: 'the process to end', timeoutMs: shutdownTimeoutMs })
}

/** Returns whether this many calls are in flight, including the request for the metric. */
async function callsInFlight(url: string, count: number): Promise<boolean> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return metrics.includes(`marquee_calls_in_flight ${count}\n`)
}

async function refusesConnections(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  try {
    await once(socket, 'connect')
    return false
  } catch (error) {
    return isNotSent(error)
  } finally {
    socket.destroy()
  }
}

function watchTransports(baseUrl: string): Transport[] {
  return [
    createGrpcTransport({ baseUrl }),
    createConnectTransport({ baseUrl, httpVersion: '2' }),
    createConnectTransport({ baseUrl, httpVersion: '1.1' }),
    createGrpcWebTransport({ baseUrl }),
  ]
}

/** Watches a record. `ended` resolves with the code that ended the watch. */
function startWatch(transport: Transport): { first: Promise<void>; ended: Promise<string> } {
  const client = createClient(RatingService, transport)
  const records = [{ recordId: '1', recordType: 'movie' }]
  const { promise: first, resolve, reject } = Promise.withResolvers<void>()
  async function follow(): Promise<string> {
    try {
      for await (const _ of client.watchAggregatedRatings({ records })) resolve()
      return 'ok'
    } catch (error) {
      reject(error)
      const { code, message } = ConnectError.from(error)
      return code === Code.Unavailable ? 'unavailable' : message
    }
  }
  return { first, ended: follow() }
}
