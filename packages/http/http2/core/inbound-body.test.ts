import { expect, test } from 'bun:test'
import { InboundBody } from './inbound-body.ts'

function createBody() {
  const events: (string | number)[] = []
  const body = new InboundBody({
    onTaken: (bytes) => events.push(bytes),
    onWanted: () => events.push('wanted'),
    onKept: () => {},
    onRefused: () => events.push('refused'),
  })
  return { body, events }
}

test('chunks are taken in order, and each one is reported', () => {
  const { body, events } = createBody()
  body.receive(Buffer.from('one'))
  body.receive(Buffer.from('three'))
  expect(String(body.take())).toBe('one')
  expect(String(body.take())).toBe('three')
  expect(body.take()).toBeUndefined()
  expect(events).toEqual([3, 5])
})

test('a body has ended when all of it has arrived and was taken', () => {
  const { body } = createBody()
  body.receive(Buffer.from('x'))
  body.complete(['a', 'b'])
  expect(body.ended).toBe(false)
  body.take()
  expect(body.ended).toBe(true)
  expect(body.trailers).toEqual(['a', 'b'])
})

test('bytes, the end and a failure wake a waiting reader', async () => {
  const { body, events } = createBody()
  const first = body.ready()
  body.receive(Buffer.from('x'))
  await first
  body.take()
  const second = body.ready()
  body.complete([])
  await second
  expect(events).toEqual(['wanted', 1, 'wanted'])
  const broken = createBody().body
  const third = broken.ready()
  broken.fail(new Error('reset'))
  await expect(third).rejects.toThrow('reset')
  await expect(broken.ready()).rejects.toThrow('reset')
})

test('bytes that arrived before a failure can still be taken', async () => {
  const { body } = createBody()
  body.receive(Buffer.from('x'))
  body.fail(new Error('reset'))
  await body.ready()
  expect(String(body.take())).toBe('x')
  await expect(body.ready()).rejects.toThrow('reset')
})

test('small parts of a large chunk are joined when they are kept', () => {
  const { body } = createBody()
  const chunk = Buffer.alloc(64 * 1024, 'x')
  for (let index = 0; index < 1000; index++) {
    body.receive(chunk.subarray(index, index + 1))
    if (index % 10 === 9) body.settle(chunk.length)
  }
  const kept = body.take()
  expect(kept?.length).toBe(1000)
  expect(kept?.buffer.byteLength).toBeLessThan(2000)
  expect(body.take()).toBeUndefined()
})

test('a large part of a chunk is kept as it is', () => {
  const { body } = createBody()
  const chunk = Buffer.alloc(64 * 1024, 'x')
  body.receive(chunk.subarray(9, 9 + 16_384))
  body.settle(chunk.length)
  expect(body.take()?.buffer).toBe(chunk.buffer)
})

test('a large part that is kept stays before later chunks', () => {
  const { body } = createBody()
  const chunk = Buffer.alloc(20_000, 'x')
  body.receive(Buffer.from('a'))
  body.settle(chunk.length)
  body.receive(chunk.subarray(0, 10_000))
  body.receive(Buffer.from('b'))
  body.settle(chunk.length)
  const lengths: number[] = []
  for (let taken = body.take(); taken; taken = body.take()) lengths.push(taken.length)
  expect(lengths).toEqual([1, 10_000, 1])
})

test('a refused body is dropped, and that is reported', () => {
  const { body, events } = createBody()
  body.receive(Buffer.from('abc'))
  body.refuse()
  expect(events).toEqual([3, 'refused'])
  expect(body.take()).toBeUndefined()
})

test('an aborted body returns what it holds, and never counts as complete', async () => {
  const { body, events } = createBody()
  body.receive(Buffer.from('abc'))
  body.complete([])
  body.cut(new Error('closed'))
  expect(events).toEqual([3])
  expect(body.take()).toBeUndefined()
  expect(body.ended).toBe(false)
  await expect(body.ready()).rejects.toThrow('closed')
})

test('a body that was taken whole stays complete when it is aborted', async () => {
  const { body } = createBody()
  body.receive(Buffer.from('abc'))
  body.complete([])
  body.take()
  body.cut(new Error('closed'))
  expect(body.ended).toBe(true)
  await body.ready()
})
