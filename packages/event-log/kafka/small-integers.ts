import Decoder, { type DecoderPrototype } from 'kafkajs/src/protocol/decoder.js'
import Encoder, { type EncoderPrototype, type EncoderType } from 'kafkajs/src/protocol/encoder.js'
import Long, { type LongType, type LongValue } from 'kafkajs/src/utils/long.js'

/** Number of octets of a variable-length integer that fit into 32 bits. */
const smallOctets = 4
/** Bound of the integers that have the same encoding as 32 and as 64 bits. */
const smallBound = 2 ** 30

let isPatched = false

/**
 * Patches kafkajs to calculate with numbers where they are small. It reads and writes the timestamp
 * of each record by a dozen BigInts, and parses the first offset and timestamp of a batch again for
 * each record: two thirds of the time of decoding. The version of kafkajs is pinned.
 */
export function useSmallIntegers(): void {
  if (isPatched) return
  isPatched = true
  patchDecoder(Decoder.prototype, Long)
  patchEncoder(Encoder)
  const { fromValue } = Long
  Long.fromValue = rememberTexts((value) => fromValue.call(Long, value))
}

function patchDecoder(prototype: DecoderPrototype, LongOf: LongType): void {
  const { readVarLong } = prototype
  prototype.readVarLong = function (this: DecoderPrototype) {
    let encoded = 0
    for (let index = 0; index < smallOctets; index++) {
      const octet = this.buffer[this.offset + index] ?? 0x80
      encoded |= (octet & 0x7f) << (7 * index)
      if (octet >= 0x80) continue
      this.offset += index + 1
      const value = (encoded >>> 1) ^ -(encoded & 1)
      return value === 0 ? LongOf.ZERO : new LongOf(BigInt(value))
    }
    return readVarLong.call(this)
  }
}

function patchEncoder(encoder: EncoderType): void {
  const { sizeOfVarLong } = encoder
  encoder.sizeOfVarLong = (value) =>
    isSmall(value) ? encoder.sizeOfVarInt(value) : sizeOfVarLong.call(encoder, value)
  const { writeVarLong } = encoder.prototype
  encoder.prototype.writeVarLong = function (this: EncoderPrototype, value) {
    return isSmall(value) ? this.writeVarInt(value) : writeVarLong.call(this, value)
  }
}

function isSmall(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < smallBound
}

/** Keeps the results of the last two texts, which the records of a batch have in common. */
function rememberTexts(convert: (value: unknown) => LongValue): (value: unknown) => LongValue {
  let [text, olderText]: (string | undefined)[] = []
  let [long, olderLong]: (LongValue | undefined)[] = []
  return (value) => {
    if (typeof value !== 'string') return convert(value)
    if (value === text && long) return long
    if (value === olderText && olderLong) return olderLong
    const converted = convert(value)
    olderText = text
    olderLong = long
    text = value
    long = converted
    return converted
  }
}
