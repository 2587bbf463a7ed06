import { expect, test } from 'bun:test'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { readBody, respondText } from '@marquee/testing/http1-client'
import {
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  record,
  tuple,
} from 'fast-check'
import type { Exchange } from '../exchange.ts'
import { createHttp1Server } from './server.ts'

/** A socket without a network. It keeps what was written to it, and accepts everything. */
class RememberingSocket extends EventEmitter {
  destroyed = false
  isEnded = false
  text = ''

  write(bytes: Uint8Array): boolean {
    this.text += Buffer.from(bytes).toString('latin1')
    return true
  }

  end(): void {
    this.isEnded = true
  }

  destroy(): void {
    this.destroyed = true
  }

  pause(): void {}
  resume(): void {}
}

/** Refusals are not compared: a head in pieces may fail another check first. */
const refusal = /HTTP\/1\.1 [45]\d\d .*$/s
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

async function respond(exchange: Exchange): Promise<void> {
  const { method, target, body } = exchange
  const bytes = await readBody(exchange).catch(() => undefined)
  if (bytes === undefined) return
  respondText(exchange, `<${method} ${target} ${bytes.toString('latin1')} ${body.trailers.join()}>`)
}

/**
 * Responses that a client gets for the pieces, with event-loop turns between some, before it ends
 * its side: all good responses, and how the connection ends.
 */
async function responsesTo(pieces: readonly Buffer[], waits: readonly boolean[]): Promise<string> {
  const engine = createHttp1Server({ respond, limits: { pipelinedRequestsPerTickMax: 3 } })
  const socket = new RememberingSocket()
  engine.accept(socket as unknown as Socket, 'http', '127.0.0.1')
  for (const [index, piece] of pieces.entries()) {
    socket.emit('data', piece)
    if (waits[index % waits.length]) await turn()
  }
  socket.emit('end')
  for (let quiet = 0, length = -1; quiet < 3; quiet++) {
    await turn()
    if (socket.text.length !== length) quiet = 0
    length = socket.text.length
  }
  const end = socket.destroyed ? 'cut' : socket.isEnded ? 'ended' : 'open'
  engine.destroy()
  return `${socket.text.replace(refusal, '').replaceAll(/^date: .*\r\n/gm, '')}[${end}]`
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + (sizes[pieces.length % sizes.length] ?? 1)
    pieces.push(Buffer.from(bytes.subarray(at, end)))
    at = end
  }
  return pieces
}

const requests = constantFrom(
  'GET /a HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  '\r\nOPTIONS * HTTP/1.1\r\nhost: x\r\nx: y\r\n\r\n',
  'POST /l HTTP/1.1\r\nhost: x\r\ncontent-length: 11\r\n\r\nhello world',
  'POST /c HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5;e=1\r\nhello\r\n1\r\n!\r\n0\r\n\r\n',
  'PUT /t HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nx: 1\r\n\r\n',
  'GET http://y/z HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
)
/** Bytes that replace a byte, or are inserted beside it. */
const breakage = record({
  at: integer({ min: 0, max: 400 }),
  by: constantFrom('\r', '\n', '\r\n', ' ', ':', '\0', 'f', '0', ';', ',', '\xff'),
  replaces: boolean(),
})

function damage(text: string, { at, by, replaces }: { at: number; by: string; replaces: boolean }) {
  const index = at % Math.max(1, text.length)
  return text.slice(0, index) + by + text.slice(index + (replaces ? by.length : 0))
}

test('valid and broken requests get the same responses however their bytes are split', async () => {
  const streams = tuple(
    array(requests, { minLength: 1, maxLength: 8 }),
    array(breakage, { maxLength: 2 }),
  )
  const sizes = array(integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 })
  const waits = array(boolean(), { minLength: 1, maxLength: 10 })
  await assert(
    asyncProperty(streams, sizes, waits, async ([texts, breakages], cuts, pauses) => {
      const bytes = Buffer.from(breakages.reduce(damage, texts.join('')), 'latin1')
      const whole = await responsesTo([Buffer.from(bytes)], [true])
      expect(await responsesTo(cut(bytes, cuts), pauses)).toBe(whole)
      expect(whole).toEndWith('[ended]')
    }),
    { numRuns: 1_000 },
  )
}, 60_000)
