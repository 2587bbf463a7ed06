import { ConnectionError } from './errors.ts'
import { errorCode, frameBytesMax, initialWindowBytes, int31Max, readUint32 } from './wire.ts'

/** Identifiers of settings (RFC 9113 §6.5.2). */
export const settingId = {
  headerTableSize: 0x1,
  enablePush: 0x2,
  maxConcurrentStreams: 0x3,
  initialWindowSize: 0x4,
  maxFrameSize: 0x5,
  maxHeaderListSize: 0x6,
} as const

const entryBytes = 6
const frameSizeHighest = 0xff_ffff

/** Settings of the other side. They start with the values of RFC 9113 §6.5.2. */
export interface PeerSettings {
  headerTableBytes: number
  /** Smallest value since the last frame. The HPACK encoder has to signal it (RFC 7541 §4.2). */
  headerTableBytesMin: number
  concurrentStreamsMax: number
  windowBytes: number
  frameBytesMax: number
  headerListBytesMax: number
}

export function initialPeerSettings(): PeerSettings {
  return {
    headerTableBytes: 4096,
    headerTableBytesMin: 4096,
    concurrentStreamsMax: Number.POSITIVE_INFINITY,
    windowBytes: initialWindowBytes,
    frameBytesMax,
    headerListBytesMax: Number.POSITIVE_INFINITY,
  }
}

/**
 * Applies the settings in the payload of a frame. The last value of a repeated setting counts, and
 * nothing happens in between, so that a long frame costs no more than a short one. Throws a
 * `ConnectionError` for an invalid value.
 */
export function readSettings(
  peer: PeerSettings,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if ((end - start) % entryBytes !== 0) {
    throw new ConnectionError(errorCode.frameSizeError, 'SETTINGS length is not a multiple of 6')
  }
  peer.headerTableBytesMin = peer.headerTableBytes
  for (let offset = start; offset < end; offset += entryBytes) {
    const id = (bytes[offset] ?? 0) * 256 + (bytes[offset + 1] ?? 0)
    apply(peer, id, readUint32(bytes, offset + 2))
  }
}

function apply(peer: PeerSettings, id: number, value: number): void {
  switch (id) {
    case settingId.headerTableSize:
      peer.headerTableBytes = value
      peer.headerTableBytesMin = Math.min(value, peer.headerTableBytesMin)
      break
    case settingId.enablePush:
      if (value > 1) throw new ConnectionError(errorCode.protocolError, 'ENABLE_PUSH is not 0 or 1')
      break
    case settingId.maxConcurrentStreams:
      peer.concurrentStreamsMax = value
      break
    case settingId.initialWindowSize:
      if (value > int31Max)
        throw new ConnectionError(errorCode.flowControlError, 'INITIAL_WINDOW_SIZE too large')
      peer.windowBytes = value
      break
    case settingId.maxFrameSize:
      if (value < frameBytesMax || value > frameSizeHighest) {
        throw new ConnectionError(errorCode.protocolError, 'MAX_FRAME_SIZE out of range')
      }
      peer.frameBytesMax = value
      break
    case settingId.maxHeaderListSize:
      peer.headerListBytesMax = value
      break
    default:
    // Unknown settings are ignored (RFC 9113 §6.5.2).
  }
}

/** Encodes the payload of a SETTINGS frame. */
export function settingsPayload(
  settings: ReadonlyArray<readonly [id: number, value: number]>,
): Buffer {
  const payload = Buffer.alloc(settings.length * entryBytes)
  for (const [index, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, index * entryBytes)
    payload.writeUInt32BE(value, index * entryBytes + 2)
  }
  return payload
}
