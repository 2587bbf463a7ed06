import { expect, test } from 'bun:test'
import { clientPreface, frameFlag, frameType } from '@marquee/http/http2/frames/wire'
import { describeWith } from '@marquee/testing/requirements'
import { type RuntimeName, runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { toFrame } from '../../packages/http/http2/testing/frames-peer.ts'
import { type Target, underAttack } from './under-attack.ts'

const connections = 2_000
/**
 * Maximum for each connection, including the socket in the runtime and the rest that many
 * connections leave.
 */
const bytesEachMax = 40 * 1024

const greeting = Buffer.concat([
  clientPreface,
  toFrame(frameType.settings, 0, 0, Buffer.alloc(0)),
  toFrame(frameType.settings, frameFlag.ack, 0, Buffer.alloc(0)),
])
const request = Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n')

const kinds = {
  'HTTP/2': [greeting],
  'HTTP/1.1, kept behind a response': [request],
  'HTTP/1.1, in the midst of a head': [request.subarray(0, 20)],
  'of no protocol yet': [Buffer.alloc(0)],
}
/** Kinds of connections, separate on one runtime and all together on the others. */
const of: Readonly<Record<RuntimeName, Readonly<Record<string, readonly Buffer[]>>>> = {
  bun: kinds,
  deno: { 'of all kinds': Object.values(kinds).flat() },
  node: { 'of all kinds': Object.values(kinds).flat() },
}

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `many connections that do nothing take little, on ${name}`, () => {
    test.each(Object.entries(of[name]))(
      'many connections cost little memory each: %s',
      async (_, hellos) => {
        const grownBytesMax = connections * bytesEachMax
        await underAttack({ runtime: name, grownBytesMax }, async (target) => {
          await connectAll(target, hellos)
          expect((await target.state()).connectionCount).toBeGreaterThan(connections)
        })
      },
    )
  })
}

async function connectAll({ dial, state }: Target, hellos: readonly Buffer[]): Promise<void> {
  for (let count = 0; count < connections; count++) {
    const socket = dial().resume()
    socket.write(hellos[count % hellos.length] ?? '')
    if (count % 100 < 99) continue
    const areThere = async () => (await state()).connectionCount > count
    await waitFor(areThere, { what: 'the connections' })
  }
}
