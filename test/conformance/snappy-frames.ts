// Frames of https://github.com/google/snappy/blob/main/framing_format.txt around the blocks of the
// library.
import { compress, uncompress } from 'snappy'

const streamIdentifier = Buffer.from('\xff\x06\x00\x00sNaPpY', 'latin1')
const blockBytesMax = 65_536
const compressedChunk = 0x00
const plainChunk = 0x01
const firstSkippableChunk = 0x80

/** CRC-32C (Castagnoli, reflected) of each byte value. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1
  return rest
})

export async function packFrames(bytes: Uint8Array): Promise<Buffer> {
  const chunks: Buffer[] = [streamIdentifier]
  for (let start = 0; start < bytes.length; start += blockBytesMax) {
    const block = Buffer.from(bytes.subarray(start, start + blockBytesMax))
    const packed = await compress(block)
    const head = Buffer.alloc(8)
    head.writeUInt8(compressedChunk, 0)
    head.writeUIntLE(packed.length + 4, 1, 3)
    head.writeUInt32LE(maskedChecksum(block), 4)
    chunks.push(head, packed)
  }
  return Buffer.concat(chunks)
}

/**
 * Unpacks frames. Rejects malformed ones, and with `ERR_BUFFER_TOO_LARGE` content longer than
 * `bytesMax`.
 */
export async function unpackFrames(bytes: Uint8Array, bytesMax: number): Promise<Buffer> {
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!input.subarray(0, streamIdentifier.length).equals(streamIdentifier)) {
    throw new Error('it does not begin with the stream identifier')
  }
  const blocks: Buffer[] = []
  let length = 0
  for (let start = streamIdentifier.length; start < input.length; ) {
    if (start + 4 > input.length) throw new Error('a chunk is cut short')
    const type = input.readUInt8(start)
    const end = start + 4 + input.readUIntLE(start + 1, 3)
    if (end > input.length) throw new Error('a chunk is cut short')
    if (type === compressedChunk || type === plainChunk) {
      const block = await unpackBlock(type, input.subarray(start + 4, end))
      length += block.length
      if (length > bytesMax) throw tooLarge(bytesMax)
      blocks.push(block)
    } else if (type < firstSkippableChunk) {
      throw new Error(`a chunk is of the unknown type ${type}`)
    }
    start = end
  }
  return Buffer.concat(blocks)
}

async function unpackBlock(type: number, chunk: Buffer): Promise<Buffer> {
  if (chunk.length < 4) throw new Error('a chunk has no checksum')
  const data = chunk.subarray(4)
  if (type === compressedChunk && lengthTold(data) > blockBytesMax) {
    throw new Error('a block is too long')
  }
  const block =
    type === plainChunk ? data : ((await uncompress(data, { asBuffer: true })) as Buffer)
  if (chunk.readUInt32LE(0) !== maskedChecksum(block)) throw new Error('a checksum is wrong')
  return block
}

/** Returns the unpacked length of a block, from the varint at its start. */
function lengthTold(block: Buffer): number {
  let length = 0
  for (const [index, byte] of block.subarray(0, 5).entries()) {
    length += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) break
  }
  return length
}

function maskedChecksum(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  const checksum = (crc ^ 0xffffffff) >>> 0
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0
}

function tooLarge(bytesMax: number): Error {
  const error = new Error(`it is longer than ${bytesMax} bytes`)
  return Object.assign(error, { code: 'ERR_BUFFER_TOO_LARGE' })
}
