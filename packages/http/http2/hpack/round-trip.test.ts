import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { HpackDecoder } from './decoder.ts'
import { encodedBytesMax, HpackEncoder } from './encoder.ts'
import { HpackError } from './error.ts'

const limits = { listBytesMax: 1 << 20, listCountMax: 1000 }

const octet = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code))
const text = fc.oneof(
  fc.string({ unit: octet, maxLength: 40 }),
  fc.string({ maxLength: 200 }),
  fc.constantFrom('a'.repeat(1000), '\xff'.repeat(3000)),
)
/** Few names, so that they repeat: of the static table, of the rules, and others. */
const name = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(':status', 'date', 'cookie', 'vary', 'x-a', 'x-b', '') },
  { weight: 1, arbitrary: text },
)
const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('200', 'gzip', '', 'a', 'b', 'c'.repeat(60)) },
  { weight: 1, arbitrary: text },
)
const block = fc.array(fc.tuple(name, value), { maxLength: 12 }).map((headers) => headers.flat())
const tableBytes = fc.oneof(fc.constantFrom(0, 31, 100, 4096), fc.integer({ min: 0, max: 8192 }))
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ block }) },
    { weight: 1, arbitrary: fc.record({ tableBytes }) },
  ),
  { maxLength: 60 },
)

test('every encoded list is decoded, over all changes of the table', () => {
  fc.assert(
    fc.property(steps, fc.constantFrom(0, 200, 4096, 10_000), (conversation, tableBytesMax) => {
      const encoder = new HpackEncoder({ tableBytesMax })
      const decoder = new HpackDecoder()
      for (const step of conversation) {
        if ('tableBytes' in step) {
          encoder.setPeerTableBytes(step.tableBytes)
          decoder.setTableBytesMax(step.tableBytes)
          continue
        }
        const out = Buffer.alloc(encodedBytesMax(step.block))
        const encoded = out.subarray(0, encoder.encode(step.block, out, 0))
        expect(encoded.length).toBeLessThan(out.length)
        expect(decoder.decode(encoded, limits)).toEqual({ headers: step.block, overflow: false })
      }
    }),
    { numRuns: 300 },
  )
})

test('random bytes are decoded within the limits or refused', () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets))
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 20 }), (blocks) => {
      const decoder = new HpackDecoder()
      try {
        for (const octets of blocks) {
          const { headers } = decoder.decode(octets, { listBytesMax: 5000, listCountMax: 20 })
          expect(headers.length).toBeLessThanOrEqual(40)
          expect(headers.join('').length).toBeLessThanOrEqual(5000)
        }
      } catch (error) {
        expect(error).toBeInstanceOf(HpackError)
      }
    }),
    { numRuns: 1000 },
  )
})
