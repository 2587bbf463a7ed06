import type { FramesPeer } from '../../packages/http/http2/testing/frames-peer.ts'

const frameBytesMax = 16_384

/** Calls metadata with one compressed body that fits into the windows. */
export function postGrpc(
  peer: FramesPeer,
  streamId: number,
  method: string,
  body: Uint8Array,
  encoding: string,
): void {
  const path = `/metadata.v1.MetadataService/${method}`
  const fields = [
    ...[':method', 'POST', ':scheme', 'http', ':authority', 'a', ':path', path],
    ...['content-type', 'application/grpc', 'te', 'trailers', 'grpc-encoding', encoding],
  ]
  peer.request(streamId, fields, false)
  for (let start = 0; start < body.length; start += frameBytesMax) {
    const end = start + frameBytesMax
    peer.data(streamId, body.subarray(start, end), end >= body.length)
  }
}

/** Returns the gRPC status of the call, or -1 when it had none. */
export async function statusOf(peer: FramesPeer, streamId: number): Promise<number> {
  const fields = (await peer.response(streamId)).flatMap((frame) => frame.headers ?? [])
  const index = fields.indexOf('grpc-status')
  return index < 0 ? -1 : Number(fields[index + 1])
}
