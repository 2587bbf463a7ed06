import { connect } from 'node:net'
import { waitFor } from '@marquee/testing/wait-for'

/** Types of frames (RFC 9113 §6). */
export const frame = { headers: 0x1, settings: 0x4, ping: 0x6, goaway: 0x7 } as const

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

/**
 * `GET http://a/`: three headers of HPACK's static table, and the authority as a literal (RFC 7541
 * appendix A, §6.2).
 */
export const getRoot = Buffer.from([0x82, 0x86, 0x84, 0x41, 1, 0x61])

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const headerBytes = 9

/**
 * An HTTP/2 client that sends only what the test writes, so that the test decides the order of
 * frames.
 */
export interface FrameConnection extends AsyncDisposable {
  send(frame: Frame): void
  /** Resolves with the first frame of the type, which may have arrived already. */
  received(type: number): Promise<Frame>
}

export function connectFrames(url: string): FrameConnection {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let bytes = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
  })
  // Data missing after a failure is reported by the code that waits for it.
  socket.on('error', () => {})
  socket.write(preface)
  const send = (one: Frame) => void socket.write(encode(one))
  send({ type: frame.settings, flags: 0, streamId: 0, payload: Buffer.alloc(0) })
  return {
    send,
    received: (type) =>
      waitFor(() => decode(bytes).find((one) => one.type === type), {
        what: `a frame of type ${type}`,
      }),
    async [Symbol.asyncDispose]() {
      socket.destroy()
    },
  }
}

function encode({ type, flags, streamId, payload }: Frame): Buffer {
  const header = Buffer.alloc(headerBytes)
  header.writeUIntBE(payload.length, 0, 3)
  header.writeUInt8(type, 3)
  header.writeUInt8(flags, 4)
  header.writeUInt32BE(streamId, 5)
  return Buffer.concat([header, payload])
}

/** Returns the complete frames. */
function decode(bytes: Buffer): Frame[] {
  const frames: Frame[] = []
  let rest = bytes
  while (rest.length >= headerBytes) {
    const end = headerBytes + rest.readUIntBE(0, 3)
    if (rest.length < end) break
    const [type, flags, streamId] = [rest.readUInt8(3), rest.readUInt8(4), rest.readUInt32BE(5)]
    frames.push({ type, flags, streamId, payload: rest.subarray(headerBytes, end) })
    rest = rest.subarray(end)
  }
  return frames
}
