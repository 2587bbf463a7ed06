import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import Decoder from 'kafkajs/src/protocol/decoder.js'
import Encoder from 'kafkajs/src/protocol/encoder.js'
import Long from 'kafkajs/src/utils/long.js'
import { useSmallIntegers } from './small-integers.ts'

useSmallIntegers()

/** Encodes as protobuf's sint64 does, which is the format of Kafka. */
function varLong(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  const octets: number[] = []
  for (; rest >= 0x80n; rest >>= 7n) octets.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...octets, Number(rest)])
}

const bounds = [6n, 7n, 13n, 14n, 20n, 21n, 27n, 28n, 29n, 30n, 31n, 32n, 34n, 53n, 62n].flatMap(
  (bits) => [2n ** bits - 1n, 2n ** bits, 2n ** bits + 1n],
)
const integers = [0n, 1n, 2n, ...bounds, 2n ** 63n - 1n].flatMap((value) => [value, -value])

test('an integer of 64 bits is read, whatever its length', () => {
  for (const value of integers) {
    const bytes = Buffer.concat([varLong(value), Buffer.from([0xff])])
    const decoder = new Decoder(bytes)
    expect([value, decoder.readVarLong().value]).toEqual([value, value])
    expect([value, decoder.offset]).toEqual([value, bytes.length - 1])
  }
})

test('a number is written as the integer of 64 bits that it is', () => {
  for (const value of integers.filter((one) => Number.isSafeInteger(Number(one)))) {
    const bytes = varLong(value)
    expect([value, new Encoder().writeVarLong(Number(value)).buffer]).toEqual([value, bytes])
    expect([value, Encoder.sizeOfVarLong(Number(value))]).toEqual([value, bytes.length])
  }
})

test('texts in turn keep their integers', () => {
  const texts = ['1', '2', '1', '3', '1', '2', '9223372036854775807', '3', '-4', '3']
  expect(texts.map((text) => Long.fromValue(text).value)).toEqual(texts.map(BigInt))
  expect(() => Long.fromValue('x')).toThrow()
  expect(Long.fromValue('3').value).toBe(3n)
})

alsoOnDenoAndNode(import.meta.filename)
