import assert from 'node:assert/strict'
import { HpackDecoder } from '../../packages/http/http2/hpack/decoder.ts'
import { encodedBytesMax, HpackEncoder } from '../../packages/http/http2/hpack/encoder.ts'
import { HpackError } from '../../packages/http/http2/hpack/error.ts'
import type { Random } from './random.ts'

const roomy = { listBytesMax: 1 << 20, listCountMax: 10_000 }
const tight = { listBytesMax: 2_000, listCountMax: 20 }

/**
 * Encoded blocks decode to the original headers. Changed blocks decode to something within the
 * limits, or are refused. The table is the same whatever the limits, and whether or not a decoder
 * has read another block before.
 */
export function fuzzHpack(random: Random): void {
  const encoder = new HpackEncoder({ tableBytesMax: random.pick([0, 100, 4096]) })
  const decoders = [new HpackDecoder(), new HpackDecoder()] as const
  for (let count = random.integer(1, 60); count > 0; count--) {
    if (random.once(8)) changeTable(random, encoder, decoders)
    const headers = randomFields(random)
    const block = encode(encoder, headers)
    if (random.once(40)) {
      decodeChanged(random, decoders[0], block)
      return
    }
    assert.deepEqual(decoders[0].decode(block, roomy), { headers, overflow: false })
    const { headers: kept, overflow } = decoders[1].decode(block, tight)
    assert.deepEqual(kept, headers.slice(0, kept.length))
    assert.equal(overflow, kept.length < headers.length)
  }
}

function changeTable(
  random: Random,
  encoder: HpackEncoder,
  decoders: readonly HpackDecoder[],
): void {
  const bytes = random.pick([0, 40, 150, 4096, 10_000])
  encoder.setPeerTableBytes(bytes)
  for (const decoder of decoders) decoder.setTableBytesMax(bytes)
}

function encode(encoder: HpackEncoder, headers: readonly string[]): Buffer {
  const out = Buffer.alloc(encodedBytesMax(headers))
  return out.subarray(0, encoder.encode(headers, out, 0))
}

const names = [':status', ':path', 'date', 'cookie', 'content-type', 'x-a', 'x-b', 'x-c', '']
const values = ['200', '/', 'gzip', 'application/grpc', 'a', 'b', '', 'c'.repeat(90)]

function randomFields(random: Random): string[] {
  return Array.from({ length: random.integer(0, 8) }, () => {
    const name = random.once(8) ? randomText(random) : random.pick(names)
    return [name, random.once(4) ? randomText(random) : random.pick(values)]
  }).flat()
}

function randomText(random: Random): string {
  return random.bytes(random.integer(0, random.once(6) ? 600 : 30)).toString('latin1')
}

function decodeChanged(random: Random, decoder: HpackDecoder, block: Buffer): void {
  const changed = random.once(3) ? random.bytes(random.integer(0, 80)) : Buffer.from(block)
  if (changed.length > 0) {
    changed[random.integer(0, changed.length - 1)] = random.integer(0, 255)
  }
  try {
    const { headers } = decoder.decode(changed, tight)
    assert.ok(headers.length <= 2 * tight.listCountMax)
    assert.ok(headers.join('').length <= tight.listBytesMax)
  } catch (error) {
    if (!(error instanceof HpackError)) throw error
  }
}
