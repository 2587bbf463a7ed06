// Reads the window of a compressed message without decompressing it. A decoder allocates the window
// before its output can be bounded.

const zstdMagic = 0xfd2fb528
/** Magic number of a skippable frame. Its low four bits vary. */
const skippableMagic = 0x184d2a50
const checksumBytes = 4
const blockHeadBytes = 3

/** Bytes of the dictionary id and of the content size, by their flags (RFC 8878 §3.1.1.1). */
const dictionaryIdBytes = [0, 1, 2, 4] as const
const contentSizeBytes = [0, 2, 4, 8] as const

interface Frame {
  readonly windowBytes: number
  readonly end: number
}

/**
 * Returns the largest window of the frames of a Zstandard message, in bytes. Returns `undefined`
 * when it is not a whole number of well-formed frames (RFC 8878 §3.1).
 */
export function zstdWindowBytes(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let windowBytes = 0
  for (let at = 0; at < view.byteLength; ) {
    if (at + 8 > view.byteLength) return undefined
    const magic = view.getUint32(at, true)
    if ((magic & ~0xf) >>> 0 === skippableMagic) {
      at += 8 + view.getUint32(at + 4, true)
      if (at > view.byteLength) return undefined
      continue
    }
    const frame = magic === zstdMagic ? readFrame(view, at + 4) : undefined
    if (frame === undefined) return undefined
    windowBytes = Math.max(windowBytes, frame.windowBytes)
    at = frame.end
  }
  return windowBytes
}

function readFrame(view: DataView, start: number): Frame | undefined {
  const descriptor = view.getUint8(start)
  const isSingleSegment = (descriptor & 0b0010_0000) !== 0
  const sizeFlag = descriptor >>> 6
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (contentSizeBytes[sizeFlag] ?? 0)
  const idBytes = dictionaryIdBytes[descriptor & 0b11] ?? 0
  const windowAt = start + 1
  const sizeAt = windowAt + (isSingleSegment ? 0 : 1) + idBytes
  const blocksAt = sizeAt + sizeBytes
  if (blocksAt > view.byteLength) return undefined
  const windowBytes = isSingleSegment
    ? contentSize(view, sizeAt, sizeBytes)
    : describedWindow(view.getUint8(windowAt))
  const blocksEnd = endOfBlocks(view, blocksAt)
  const end = (blocksEnd ?? 0) + ((descriptor & 0b100) === 0 ? 0 : checksumBytes)
  return blocksEnd === undefined || end > view.byteLength ? undefined : { windowBytes, end }
}

/** Returns the content size of a frame, which is its window. */
function contentSize(view: DataView, at: number, sizeBytes: number): number {
  if (sizeBytes === 1) return view.getUint8(at)
  if (sizeBytes === 2) return view.getUint16(at, true) + 256
  if (sizeBytes === 4) return view.getUint32(at, true)
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
}

/** RFC 8878 §3.1.1.1.2. */
function describedWindow(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3))
  return base + (base / 8) * (descriptor & 0b111)
}

/** RFC 8878 §3.1.1.2. */
function endOfBlocks(view: DataView, start: number): number | undefined {
  const runLengthBlock = 1
  for (let at = start; at + blockHeadBytes <= view.byteLength; ) {
    const head = view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
    at += blockHeadBytes + (((head >>> 1) & 0b11) === runLengthBlock ? 1 : head >>> 3)
    if ((head & 1) === 1) return at
  }
  return undefined
}

/**
 * Returns the window of a Brotli message, in bytes. Returns `undefined` for one that RFC 7932 §9.1
 * does not have, for example that of the large-window extension.
 */
export function brotliWindowBytes(bytes: Uint8Array): number | undefined {
  const first = bytes[0]
  if (first === undefined) return undefined
  const bits = brotliWindowBits(first)
  return bits === undefined ? undefined : 2 ** bits - 16
}

function brotliWindowBits(first: number): number | undefined {
  if ((first & 1) === 0) return 16
  const next = (first >>> 1) & 0b111
  if (next !== 0) return 17 + next
  const last = (first >>> 4) & 0b111
  if (last === 1) return undefined
  return last === 0 ? 17 : 8 + last
}
