/** Frame types (RFC 9113 §6). */
export const frameType = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  resetStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goaway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const

/** Frame flags. The meaning of a bit depends on the type (RFC 9113 §6). */
export const frameFlag = {
  endStream: 0x1,
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const

/** Error codes (RFC 9113 §7). */
export const errorCode = {
  noError: 0x0,
  protocolError: 0x1,
  internalError: 0x2,
  flowControlError: 0x3,
  settingsTimeout: 0x4,
  streamClosed: 0x5,
  frameSizeError: 0x6,
  refusedStream: 0x7,
  cancel: 0x8,
  compressionError: 0x9,
  connectError: 0xa,
  enhanceYourCalm: 0xb,
  inadequateSecurity: 0xc,
  http11Required: 0xd,
} as const

/** Preface of a client, its first bytes (RFC 9113 §3.4). */
export const clientPreface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/** Size of a frame header: length, type, flags and stream (RFC 9113 §4.1). */
export const frameHeaderBytes = 9

/**
 * Payload that every endpoint accepts, and the maximum that this one accepts or sends, in bytes
 * (RFC 9113 §4.2).
 */
export const frameBytesMax = 16_384

/** Initial window, in bytes (RFC 9113 §6.9.2). */
export const initialWindowBytes = 65_535

/** Maximum size of a window (RFC 9113 §6.9.1), and the highest stream id (§5.1.1). */
export const int31Max = 0x7fff_ffff

/** Writes the header of a frame to `bytes` at `offset`. */
export function writeFrameHeader(
  bytes: Buffer,
  offset: number,
  payloadBytes: number,
  type: number,
  flags: number,
  streamId: number,
): void {
  bytes[offset] = payloadBytes >>> 16
  bytes[offset + 1] = payloadBytes >>> 8
  bytes[offset + 2] = payloadBytes
  bytes[offset + 3] = type
  bytes[offset + 4] = flags
  writeUint32(bytes, offset + 5, streamId)
}

export function readUint32(bytes: Uint8Array, offset: number): number {
  return (readUint24(bytes, offset) * 256 + (bytes[offset + 3] ?? 0)) >>> 0
}

/** Reads 31 bits, without the reserved bit (RFC 9113 §4.1, §6.8, §6.9). */
export function readUint31(bytes: Uint8Array, offset: number): number {
  return readUint32(bytes, offset) & int31Max
}

export function readUint24(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 16) | ((bytes[offset + 1] ?? 0) << 8) | (bytes[offset + 2] ?? 0)
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}
