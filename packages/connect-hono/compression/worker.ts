/** Thread that decompresses, for a runtime whose `node:zlib` blocks the calling thread. */
import { parentPort } from 'node:worker_threads'
import { ConnectError } from '@connectrpc/connect'
import { reasonOf } from '../errors/reason.ts'
import { standardCompressions } from './compression.ts'
import type { ThreadReply, ThreadRequest } from './thread.ts'

parentPort?.on('message', async ({ id, name, bytes, bytesMax }: ThreadRequest) => {
  try {
    const compression = standardCompressions.find((one) => one.name === name)
    if (compression === undefined) throw new Error(`${name} is not known to the thread`)
    const decompressed = await compression.decompress(bytes, bytesMax)
    reply({ id, bytes: decompressed })
  } catch (error) {
    const failure = ConnectError.from(error)
    const { code, rawMessage: text } = failure
    reply({ id, error: { code, text, reason: reasonOf(failure) } })
  }
})

function reply(message: ThreadReply): void {
  parentPort?.postMessage(message)
}
