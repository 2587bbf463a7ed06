import { expect, test } from 'bun:test'
import { envelope, readEnvelopes } from './envelopes.ts'

const messages = [[1, 2, 3], [], [4], [5, 6]].map((bytes) => new Uint8Array(bytes))
const end = Uint8Array.of(2, 0, 0, 0, 2, ...new TextEncoder().encode('{}'))
const bytes = Uint8Array.from([...messages.map(envelope), end].flatMap((one) => [...one]))

/** Returns the messages of a body that arrives in chunks of a length. */
async function read(chunkLength: number): Promise<Uint8Array[]> {
  const body = new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += chunkLength) {
        controller.enqueue(bytes.slice(at, at + chunkLength))
      }
      controller.close()
    },
  })
  return Array.fromAsync(readEnvelopes(new Response(body)))
}

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 100])(
  'the messages of a body in chunks of %i bytes are found',
  async (chunkLength) => expect(await read(chunkLength)).toEqual(messages),
)

test('messages that come in one chunk are not copied', async () => {
  const [first, ...others] = await read(bytes.length)
  for (const { buffer } of others) expect(buffer).toBe(first?.buffer as ArrayBuffer)
})
