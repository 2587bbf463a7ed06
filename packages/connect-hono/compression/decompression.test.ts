import { expect, test } from 'bun:test'
import { Code } from '@connectrpc/connect'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { Lifetime } from '../lifetime.ts'
import { createTimeouts } from '../timeouts.ts'
import { createDecompression } from './decompression.ts'

const limits = { concurrentMax: 2, waitingMax: 3, waitingBytesMax: 100 }
const message = Buffer.from('message')

/** Decompresses when it is allowed to, and counts. */
function setUp() {
  const running: (() => void)[] = []
  const state = { started: 0, most: 0 }
  const compression = {
    name: 'slow',
    compress: (bytes: Uint8Array) => bytes,
    async decompress(bytes: Uint8Array) {
      state.started++
      await new Promise<void>((resolve) => {
        state.most = Math.max(state.most, running.push(resolve))
      })
      return bytes
    },
  }
  const decompression = createDecompression(limits)
  const decompress = (lifetime = new Lifetime(createTimeouts()), bytes: Uint8Array = message) =>
    decompression.decompress(compression, bytes, 100, lifetime)
  const finishOne = async () => {
    running.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { state, decompress, finishOne }
}

test('the number of messages decompressed at once is limited, and others wait in order', async () => {
  const { state, decompress, finishOne } = setUp()
  const done: number[] = []
  const all = [0, 1, 2, 3, 4].map((index) => decompress().then(() => done.push(index)))
  for (let index = 0; index < 5; index++) await finishOne()
  await Promise.all(all)
  expect(done).toEqual([0, 1, 2, 3, 4])
  expect(state.most).toBe(2)
})

test('a message is refused when too many wait already, or too many bytes', async () => {
  const { decompress, finishOne } = setUp()
  const taken = [0, 1].map(() => decompress())
  await expect(decompress(undefined, Buffer.alloc(101))).rejects.toMatchObject({
    code: Code.ResourceExhausted,
  })
  const all = [...taken, decompress(), decompress(), decompress()]
  await expect(decompress()).rejects.toMatchObject({ code: Code.ResourceExhausted })
  for (let index = 0; index < 5; index++) await finishOne()
  await Promise.all(all)
})

test('a call that ends stops waiting, and its message is not decompressed', async () => {
  const { state, decompress, finishOne } = setUp()
  const first = [decompress(), decompress()]
  const lifetime = new Lifetime(createTimeouts())
  const abandoned = decompress(lifetime)
  const last = decompress()
  lifetime.end(new Error('the client left'))
  await expect(abandoned).rejects.toThrow('the client left')
  for (let index = 0; index < 3; index++) await finishOne()
  await Promise.all([...first, last])
  expect(state.started).toBe(3)
})

test('a slot that is granted to a call as it ends goes to the next call', async () => {
  const { state, decompress, finishOne } = setUp()
  const lifetime = new Lifetime(createTimeouts())
  const first = [decompress(), decompress()]
  const abandoned = decompress(lifetime).catch((error) => error)
  const last = decompress()
  void first[0]?.then(() => lifetime.end(new Error('the client left')))
  for (let index = 0; index < 3; index++) await finishOne()
  await Promise.all([...first, last])
  expect(await abandoned).toMatchObject({ message: 'the client left' })
  expect(state.started).toBe(3)
})

alsoOnDenoAndNode(import.meta.filename)
