import { expect, test } from 'bun:test'
import { once } from 'node:events'
import { type ClientHttp2Session, connect, sensitiveHeaders } from 'node:http2'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import fc from 'fast-check'
import type { HeaderList } from '../../exchange.ts'
import { HpackDecoder } from './decoder.ts'
import { encodedBytesMax, HpackEncoder } from './encoder.ts'

/**
 * The other implementation is the runtime's own `node:http2`, as a client: it encodes requests for
 * our decoder, and decodes the responses of our encoder. Each runtime has another one. Node's is
 * nghttp2.
 */
alsoOnDenoAndNode(import.meta.filename)

const limits = { listBytesMax: 65_536, listCountMax: 200 }
const type = { headers: 1, settings: 4 }
const flag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 0x20 }
const prefaceBytes = 24
const headerTableSize = 1

/**
 * The server's half of one connection. It responds to each request with the next of `responses`, and
 * returns the requests.
 */
class HeaderPeer {
  readonly requested: HeaderList[] = []
  responses: HeaderList[] = []
  failure: unknown
  readonly #socket: Socket
  readonly #decoder = new HpackDecoder()
  readonly #encoder = new HpackEncoder()
  readonly #announced: number[] = []
  #bytes = Buffer.alloc(0)
  #skip = prefaceBytes

  constructor(socket: Socket) {
    this.#socket = socket
    this.#send(type.settings, 0, 0, Buffer.alloc(0))
    socket.on('error', (error) => {
      this.failure ??= error
    })
    socket.on('data', (bytes: Buffer) => {
      try {
        this.#read(bytes)
      } catch (error) {
        this.failure = error
        socket.destroy()
      }
    })
  }

  /** Size of the table that the client may use after it has acknowledged it. */
  announceTable(bytes: number): void {
    const setting = Buffer.alloc(6)
    setting.writeUInt16BE(headerTableSize)
    setting.writeUInt32BE(bytes, 2)
    this.#announced.push(bytes)
    this.#send(type.settings, 0, 0, setting)
  }

  #read(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    for (;;) {
      const frame = this.#bytes.subarray(this.#skip)
      if (frame.length < 9 || frame.length < 9 + frame.readUIntBE(0, 3)) return
      const end = 9 + frame.readUIntBE(0, 3)
      this.#take(frame[3] ?? 0, frame[4] ?? 0, frame.readUInt32BE(5), frame.subarray(9, end))
      this.#bytes = frame.subarray(end)
      this.#skip = 0
    }
  }

  #take(frameType: number, flags: number, streamId: number, payload: Buffer): void {
    if (frameType === type.headers) this.#respond(streamId, flags, payload)
    if (frameType !== type.settings) return
    if (flags & flag.ack) {
      const bytes = this.#announced.shift()
      if (bytes !== undefined) this.#decoder.setTableBytesMax(bytes)
      return
    }
    for (let offset = 0; offset < payload.length; offset += 6) {
      if (payload.readUInt16BE(offset) !== headerTableSize) continue
      this.#encoder.setPeerTableBytes(payload.readUInt32BE(offset + 2))
    }
    this.#send(type.settings, flag.ack, 0, Buffer.alloc(0))
  }

  #respond(streamId: number, flags: number, payload: Buffer): void {
    if ((flags & flag.endHeaders) === 0 || flags & flag.padded) throw new Error('not prepared')
    const block = payload.subarray(flags & flag.priority ? 5 : 0)
    this.requested.push(this.#decoder.decode(block, limits).headers)
    const headers = this.responses.shift() ?? []
    const out = Buffer.alloc(encodedBytesMax(headers))
    const end = this.#encoder.encode(headers, out, 0)
    this.#send(type.headers, flag.endHeaders | flag.endStream, streamId, out.subarray(0, end))
  }

  #send(frameType: number, flags: number, streamId: number, payload: Buffer): void {
    const header = Buffer.alloc(9)
    header.writeUIntBE(payload.length, 0, 3)
    header.writeUInt8(frameType, 3)
    header.writeUInt8(flags, 4)
    header.writeUInt32BE(streamId, 5)
    this.#socket.write(Buffer.concat([header, payload]))
  }
}

interface Call {
  readonly request: Readonly<Record<string, string>>
  readonly secret: boolean
  readonly response: Readonly<Record<string, string>>
}

const visible = fc.integer({ min: 0x21, max: 0xff }).filter((code) => code !== 0x7f)
const valueText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'gzip', 'no-cache', '0', 'b c', 'd'.repeat(500)) },
  {
    weight: 1,
    arbitrary: fc.array(visible, { maxLength: 60 }).map((codes) => String.fromCharCode(...codes)),
  },
)
const nameText = fc.constantFrom(
  ...['accept', 'authorization', 'cache-control', 'etag', 'grpc-message', 'grpc-status', 'vary'],
  ...['user-agent', 'x-a', 'x-b', 'x-c', 'x-request-id', 'x-very-long-name-of-no-table-at-all'],
)
const fieldRecord = fc.dictionary(nameText, valueText, { maxKeys: 12, noNullPrototype: true })
/**
 * The clients of Bun and Deno break RFC 7541 §4.2: they keep the old table when the server sets a
 * smaller one. Bun's also applies a size to responses before it has acknowledged it. So the tables
 * keep their size with them.
 */
const tablesChange = process.versions.bun === undefined && process.versions.deno === undefined
const tableBytes = tablesChange
  ? fc.constantFrom(0, 40, 100, 300, 4096, 8192)
  : fc.constantFrom(4096)
const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ request: fieldRecord, secret: fc.boolean(), response: fieldRecord }),
    },
    { weight: 1, arbitrary: fc.record({ serverTableBytes: tableBytes }) },
    { weight: 1, arbitrary: fc.record({ clientTableBytes: tableBytes }) },
  ),
  { minLength: 1, maxLength: 40 },
)

test('encoder and decoder agree with another implementation of HPACK', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (conversation) => {
      await withConnection(async (client, peer) => {
        for (const step of conversation) {
          if ('serverTableBytes' in step) peer.announceTable(step.serverTableBytes)
          else if ('clientTableBytes' in step) {
            client.settings({ headerTableSize: step.clientTableBytes })
          } else await exchange(client, peer, step)
        }
      })
    }),
    { numRuns: 40 },
  )
})

async function withConnection(
  use: (client: ClientHttp2Session, peer: HeaderPeer) => Promise<void>,
): Promise<void> {
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const client = connect(`http://127.0.0.1:${port}`)
  try {
    const [socket] = (await once(server, 'connection')) as [Socket]
    await use(client, new HeaderPeer(socket))
  } finally {
    client.destroy()
    server.close()
  }
}

async function exchange(client: ClientHttp2Session, peer: HeaderPeer, call: Call): Promise<void> {
  peer.responses.push([':status', '200', ...Object.entries(call.response).flat()])
  const secrets = call.secret ? Object.keys(call.request) : []
  const stream = client.request({
    ':path': '/',
    ...call.request,
    [sensitiveHeaders]: secrets,
  })
  stream.resume()
  const [head] = await once(stream, 'response').catch((error) => {
    throw peer.failure ?? error
  })
  const { ':status': status, ...received } = head as Record<string, string>
  expect(Number(status)).toBe(200)
  expect(Object.fromEntries(Object.entries(received))).toEqual(call.response)
  const requested = pairs(peer.requested.pop() ?? [])
  expect(requested.filter(([name]) => !name.startsWith(':')).sort()).toEqual(
    Object.entries(call.request).sort(),
  )
  expect(requested).toContainEqual([':path', '/'])
}

function pairs(headers: HeaderList): [string, string][] {
  return Array.from({ length: headers.length / 2 }, (_, index) => [
    headers[index * 2] ?? '',
    headers[index * 2 + 1] ?? '',
  ])
}
