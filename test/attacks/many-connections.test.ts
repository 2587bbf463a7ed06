import { expect, test } from 'bun:test'
import { toFrame } from '../../platform/http2/frames-peer.ts'
import { clientPreface, frameFlag, frameType } from '../../platform/http2/wire.ts'
import { describeWith } from '../../platform/testing/requirements.ts'
import { runtime } from '../../platform/testing/tools.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { underAttack } from './under-attack.ts'

const connections = 2_000
/** Of each, with what the runtime takes for a socket, and what making so many leaves behind. */
const bytesEachMax = 40 * 1024

const greeting = Buffer.concat([
  clientPreface,
  toFrame(frameType.settings, 0, 0, Buffer.alloc(0)),
  toFrame(frameType.settings, frameFlag.ack, 0, Buffer.alloc(0)),
])
const request = Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n')

const greetings = [
  ['HTTP/2', greeting],
  ['HTTP/1.1, kept behind an answer', request],
  ['HTTP/1.1, in the midst of a head', request.subarray(0, 20)],
  ['no protocol yet', Buffer.alloc(0)],
] as const

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `many connections that do nothing take little, on ${name}`, () => {
    test.each(greetings)('%s', async (_, hello) => {
      const grownBytesMax = connections * bytesEachMax
      await underAttack({ runtime: name, grownBytesMax }, async ({ dial, state }) => {
        for (let count = 0; count < connections; count++) {
          const socket = dial()
          socket.resume()
          socket.write(hello)
          if (count % 100 === 99)
            await waitFor(async () => (await state()).connectionCount > count, { what: 'them' })
        }
        expect((await state()).connectionCount).toBeGreaterThan(connections)
      })
    })
  })
}
