import { frameFlag, frameType } from '@marquee/http/http2/frames/wire'
import { waitFor } from '@marquee/testing/wait-for'
import type { FramesPeer } from '../../../packages/http/http2/testing/frames-peer.ts'
import type { Target } from './attack.ts'

const { endStream } = frameFlag
const frameBytes = 16_384

/** Returns the headers of a gRPC call, with more of them appended. */
export function grpcHeaders(path: string, headers: readonly string[] = []): string[] {
  return [
    ...[':method', 'POST', ':scheme', 'http', ':authority', 'localhost', ':path', path],
    ...['content-type', 'application/grpc', 'te', 'trailers', ...headers],
  ]
}

/** Returns a message in its envelope, which may announce another length. */
export function envelope(
  message: Uint8Array,
  { isCompressed = false, length = message.length } = {},
): Buffer {
  const head = Buffer.alloc(5)
  head[0] = isCompressed ? 1 : 0
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, message])
}

/**
 * Encodes a field of type `string`, `bytes` or message
 * (https://protobuf.dev/programming-guides/encoding/).
 */
export function field(number: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
}

/** Encodes a field of an integer type or an enum. */
export function integer(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8), varint(value)])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 128)) {
    bytes.push(rest >= 128 ? (rest % 128) + 128 : rest)
  }
  return Buffer.from(bytes)
}

export interface CallOptions {
  readonly streamId: number
  readonly headers: readonly string[]
  readonly body: Uint8Array
  /** Leaves the request unfinished. Default: false. */
  readonly isOpen?: boolean
}

/**
 * Sends a request as fast as the socket accepts it. Does not respect windows: the caller stays
 * within the initial ones, or exceeds them on purpose.
 */
export function send(peer: FramesPeer, { streamId, headers, body, isOpen = false }: CallOptions) {
  peer.request(streamId, headers, false)
  let sent = 0
  do {
    const part = body.subarray(sent, sent + frameBytes)
    sent += part.length
    const isLast = sent >= body.length && !isOpen
    peer.send(frameType.data, isLast ? endStream : 0, streamId, part)
  } while (sent < body.length)
}

/** Waits until the streams or the attack have ended, and counts the outcomes. */
export async function collect(
  peer: FramesPeer,
  streamIds: readonly number[],
  { signal, saw }: Target,
): Promise<void> {
  const open = new Set(streamIds)
  await waitFor(
    () => {
      for (const { type, flags, streamId, headers } of peer.frames.splice(0).map(readable)) {
        const status = headers.get('grpc-status') ?? headers.get(':status')
        const isEnd = (flags & endStream) !== 0 && type <= frameType.headers
        if (type === frameType.resetStream) saw('reset')
        else if (isEnd) saw(status === '200' ? 'ended' : `grpc ${status}`)
        if (isEnd || type === frameType.resetStream) open.delete(streamId)
      }
      return open.size === 0 || peer.closed || signal.aborted
    },
    { what: 'the responses', timeoutMs: 120_000, intervalMs: 5 },
  )
  if (peer.closed) saw('closed')
}

function readable({ type, flags, streamId, headers: list = [] }: FramesPeer['frames'][number]) {
  const headers = new Map<string, string>()
  for (let index = 0; index < list.length; index += 2) {
    headers.set(list[index] ?? '', list[index + 1] ?? '')
  }
  return { type, flags, streamId, headers }
}
