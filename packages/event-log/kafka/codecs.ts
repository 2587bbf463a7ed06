import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs from 'kafkajs'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { compress, uncompress } from 'snappy'

/** How many bytes a batch of records may unpack to, where the codec lets us say: not with gzip and lz4. */
const batchBytesMax = 256 * 1024 * 1024

/**
 * The header of snappy-java, which Java's clients put before blocks that each begin with their length
 * (https://github.com/xerial/snappy-java, SnappyOutputStream). Other clients send one bare block.
 */
const xerialMagic = Buffer.from('\x82SNAPPY\0', 'latin1')
const xerialHeaderBytes = 16

const zstdPack = promisify(zstdCompress)
const zstdUnpack = promisify(zstdDecompress)

/**
 * Teaches kafkajs, which reads gzip only, the other codecs of Kafka: without them a topic written with one of them ends
 * the consumer. For the whole process; again is harmless.
 */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: ({ buffer }: Packed) => compress(buffer),
    decompress: unpackSnappy,
  })
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: ({ buffer }: Packed) => compressFrame(buffer),
    decompress: (buffer: Buffer) => decompressFrame(buffer),
  })
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: ({ buffer }: Packed) => zstdPack(buffer),
    decompress: (buffer: Buffer) => zstdUnpack(buffer, { maxOutputLength: batchBytesMax }),
  })
}

/** What kafkajs gives to a codec: an encoder with its bytes. */
interface Packed {
  readonly buffer: Buffer
}

async function unpackSnappy(buffer: Buffer): Promise<Buffer> {
  if (!buffer.subarray(0, xerialMagic.length).equals(xerialMagic)) return unpackBlock(buffer)
  const blocks: Promise<Buffer>[] = []
  for (let start = xerialHeaderBytes; start < buffer.length; ) {
    const end = start + 4 + buffer.readInt32BE(start)
    if (end <= start + 4 || end > buffer.length) throw new Error('a snappy block is cut short')
    blocks.push(unpackBlock(buffer.subarray(start + 4, end)))
    start = end
  }
  return Buffer.concat(await Promise.all(blocks))
}

async function unpackBlock(block: Buffer): Promise<Buffer> {
  return (await uncompress(block, { asBuffer: true })) as Buffer
}
