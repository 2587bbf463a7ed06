import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs from 'kafkajs'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { compress, uncompress } from 'snappy'

/** Maximum uncompressed size of a batch of records, in bytes. gzip and lz4 have no such limit. */
const batchBytesMax = 256 * 1024 * 1024

/**
 * Magic bytes of snappy-java, which Java's clients write before a list of blocks, each with its
 * length (https://github.com/xerial/snappy-java, SnappyOutputStream). Other clients write one block
 * without a header.
 */
const xerialMagic = Buffer.from('\x82SNAPPY\0', 'latin1')
const xerialHeaderBytes = 16

const zstdPack = promisify(zstdCompress)
const zstdUnpack = promisify(zstdDecompress)

/**
 * Adds Kafka's other codecs to kafkajs, which supports gzip only. Without them, a topic that uses
 * one stops the consumer. Applies to the whole process. Calling it again is harmless.
 */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: ({ buffer }: Uncompressed) => compress(buffer),
    decompress: unpackSnappy,
  })
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: ({ buffer }: Uncompressed) => compressFrame(buffer),
    decompress: (buffer: Buffer) => decompressFrame(buffer),
  })
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: ({ buffer }: Uncompressed) => zstdPack(buffer),
    decompress: (buffer: Buffer) => zstdUnpack(buffer, { maxOutputLength: batchBytesMax }),
  })
}

/** Argument of a codec: an encoder with its bytes. */
interface Uncompressed {
  readonly buffer: Buffer
}

async function unpackSnappy(buffer: Buffer): Promise<Buffer> {
  if (!buffer.subarray(0, xerialMagic.length).equals(xerialMagic)) return unpackBlock(buffer)
  const blocks: Promise<Buffer>[] = []
  for (let start = xerialHeaderBytes; start < buffer.length; ) {
    const end = start + 4 + buffer.readInt32BE(start)
    if (end <= start + 4 || end > buffer.length) throw new Error('a snappy block is truncated')
    blocks.push(unpackBlock(buffer.subarray(start + 4, end)))
    start = end
  }
  return Buffer.concat(await Promise.all(blocks))
}

async function unpackBlock(block: Buffer): Promise<Buffer> {
  return (await uncompress(block, { asBuffer: true })) as Buffer
}
