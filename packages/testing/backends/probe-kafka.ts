import { once } from 'node:events'
import { connect } from 'node:net'

const timeoutMs = 2_000
const correlationId = 7

/**
 * Requests the brokers of a Kafka with Metadata version 4 (https://kafka.apache.org/protocol). A
 * client library would retry, and log each retry.
 */
export async function probeKafka(address: string): Promise<void> {
  const [host = '', port] = address.split(':')
  const socket = connect({ host, port: Number(port), signal: AbortSignal.timeout(timeoutMs) })
  try {
    await once(socket, 'connect')
    socket.write(metadataRequest())
    const response = await readResponse(socket)
    if (response.readInt32BE(0) !== correlationId)
      throw new Error(`${address} is not a Kafka broker`)
    // The number of brokers follows the correlation id and the throttle time.
    if (response.readInt32BE(8) < 1) throw new Error('no broker has joined the cluster yet')
  } finally {
    socket.destroy()
  }
}

function metadataRequest(): Buffer {
  const request = Buffer.alloc(19)
  request.writeInt32BE(15, 0) // bytes that follow
  request.writeInt16BE(3, 4) // Metadata
  request.writeInt16BE(4, 6) // version
  request.writeInt32BE(correlationId, 8)
  request.writeInt16BE(-1, 12) // no client id
  request.writeInt32BE(0, 14) // no topics
  request.writeInt8(0, 18) // make none
  return request
}

/** Returns the first message without its length. */
async function readResponse(socket: AsyncIterable<Buffer>): Promise<Buffer> {
  let bytes = Buffer.alloc(0)
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk])
    if (bytes.length >= 16 && bytes.length >= 4 + bytes.readInt32BE(0)) return bytes.subarray(4)
  }
  throw new Error('the connection ended without a response')
}
