import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Exchange } from '@marquee/http/exchange'
import { clientPreface } from '@marquee/http/http2/frames/wire'
import { createHttp2Server } from '../../packages/http/http2/server/server.ts'
import { type Act, Acts } from './http2-acts.ts'
import { code, Http2Model, type Verdict } from './http2-model.ts'
import { respond } from './http2-responses.ts'
import { judge } from './http2-rules.ts'
import { MemorySocket, settled } from './memory-socket.ts'
import type { Random } from './random.ts'

const emptySettings = Buffer.from('000000040000000000', 'hex')
const settingsAck = Buffer.from('000000040100000000', 'hex')

/** Fuzzes a mostly valid conversation. The server reacts to each step as RFC 9113 permits. */
export async function fuzzHttp2(random: Random): Promise<void> {
  const held: Exchange[] = []
  const server = createHttp2Server({
    respond: (exchange) => void respond(exchange, held),
    limits: {
      concurrentStreamsMax: random.pick([2, 5, 20]),
      streamWindowBytes: random.pick([1_000, 30_000, 65_535]),
      connectionWindowBytes: random.pick([65_535, 100_000]),
      refusalDelayMs: 3,
      sweepIntervalMs: 2,
    },
  })
  try {
    const client = await Client.connect(server, random)
    try {
      for (let count = random.integer(1, 40); count > 0 && !client.isOver; count--) {
        await client.perform(client.acts.next())
      }
      for (const exchange of held) exchange.respond(200, ['x-way', 'hold'])
      for (const exchange of held) exchange.end()
      await client.lookBack(random)
    } catch (cause) {
      const told = client.story.join('\n')
      throw new Error(`${(cause as Error).message}, after\n${told}`, { cause })
    }
    const other = await Client.connect(server, random)
    await other.mustBeServed()
    other.socket.destroy()
    client.socket.destroy()
    await settled()
    assert.equal(server.connectionCount, 0, 'a connection is left over')
    for (const exchange of held) assert.ok(exchange.closed, 'an exchange is left over')
  } finally {
    server.destroy()
  }
}

class Client {
  readonly socket = new MemorySocket()
  readonly model = new Http2Model()
  readonly acts: Acts
  readonly story: string[] = []
  readonly #random: Random
  /** Set when a frame with unknown meaning was sent. */
  #isLost = false

  private constructor(random: Random) {
    this.#random = random
    this.acts = new Acts(random, this.model)
  }

  static async connect(
    server: ReturnType<typeof createHttp2Server>,
    random: Random,
  ): Promise<Client> {
    const client = new Client(random)
    server.accept(client.socket.asSocket, 'http', '127.0.0.1')
    client.model.unacknowledged.push({})
    await client.#send(Buffer.concat([clientPreface, emptySettings]))
    await client.#send(settingsAck)
    return client
  }

  get isOver(): boolean {
    return this.#isLost || this.model.goaway !== undefined || this.socket.isEnded
  }

  async perform(act: Act): Promise<void> {
    this.story.push(describe(act))
    if (act.isGarbage) {
      this.#isLost = true
      await this.#send(act.bytes, true)
      return
    }
    const verdict = judge(this.model, act.frame, act.meaning)
    await this.#send(act.bytes)
    this.#check(verdict)
  }

  /** Checks that requests get responses while the connection is usable. */
  async lookBack(random: Random): Promise<void> {
    await settled()
    // Streams with an early response are reset a little later.
    await delay(12)
    if (this.isOver) {
      if (!this.#isLost) assert.ok(this.socket.isEnded, 'GOAWAY, and the connection goes on')
      return
    }
    this.model.observe(this.socket.takeWritten())
    this.#check(undefined)
    assert.equal(this.model.unanswered.length, 0, 'a PING gets no response')
    assert.equal(this.model.unacknowledged.length, 0, 'SETTINGS are not acknowledged')
    this.#checkAnswers()
    if (random.once(2)) await this.mustBeServed()
  }

  async mustBeServed(): Promise<void> {
    // Makes room by resetting streams that will not end by themselves.
    for (const { id } of this.model.active) {
      await this.perform(this.acts.reset(id))
    }
    await settled()
    const grants = this.acts.grants()
    for (const act of [...grants, ...this.acts.plainRequest('/echo', Buffer.from('hello'))]) {
      await this.perform(act)
    }
    await settled()
    this.model.observe(this.socket.takeWritten())
    const stream = this.model.streams.get(this.model.lastId)
    assert.equal(this.model.goaway, undefined, 'GOAWAY to a good request')
    assert.equal(Buffer.concat(stream?.got ?? []).toString(), 'hello', 'a good request')
    assert.ok(stream?.serverEnded)
  }

  async #send(bytes: Buffer, isGarbage = false): Promise<void> {
    const parts = this.#random.once(4) ? this.#random.cut(bytes) : [bytes]
    for (const part of parts) this.socket.send(part)
    await settled(this.socket)
    if (!isGarbage) this.model.observe(this.socket.takeWritten())
  }

  /** Checks that the received frames are permitted. */
  #check(verdict: Verdict | undefined): void {
    const { goaway, resets } = this.model
    this.model.resets = []
    const { ok = true, streamId, streamCodes = [], connectionCodes = [] } = verdict ?? {}
    if (goaway !== undefined) {
      const allowed = [...streamCodes, ...connectionCodes]
      assert.ok(allowed.includes(goaway), `GOAWAY with ${goaway} instead of [${allowed}]`)
      return
    }
    assert.ok(!this.socket.isEnded, 'the end without a word')
    let isNoticed = ok
    for (const reset of resets) {
      const stream = this.model.streams.get(reset.id)
      if (reset.id === streamId && streamCodes.includes(reset.code)) isNoticed = true
      else if (reset.code === code.noError) assert.ok(stream?.serverEnded, 'NO_ERROR too early')
      else assert.ok(isAborted(reset), `stream ${reset.id} reset with ${reset.code}`)
    }
    const wanted = `[${streamCodes}] or GOAWAY with [${connectionCodes}]`
    assert.ok(isNoticed, `stream ${streamId} is not reset with ${wanted}`)
  }

  #checkAnswers(): void {
    for (const stream of this.model.streams.values()) {
      if (stream.resetBy || !stream.clientEnded || !stream.serverEnded) continue
      const [head = []] = stream.lists
      if (!head.includes('echo')) continue
      assert.deepEqual(Buffer.concat(stream.got), Buffer.concat(stream.sent), 'another echo')
    }
  }
}

/** Returns whether a reset is the response to `/abort`. */
function isAborted(reset: { readonly code: number }): boolean {
  return reset.code === code.internal
}

function describe({ frame, isGarbage, bytes, meaning }: Act): string {
  const { type, flags, streamId, payload } = frame
  if (isGarbage) return `garbage ${bytes.toString('hex')}`
  const said = meaning === undefined ? '' : ` ${JSON.stringify(meaning)}`
  const shown = payload.toString('hex', 0, 40)
  return `type ${type} flags ${flags} stream ${streamId} ${payload.length} bytes ${shown}${said}`
}
