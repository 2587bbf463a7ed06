import { expect, test } from 'bun:test'
import { CallMemory } from '@marquee/connect-hono/call-memory'
import { Lifetime } from '@marquee/connect-hono/lifetime'
import { createTimeouts } from '@marquee/connect-hono/timeouts'
import type { RequestBody } from '@marquee/http/exchange'
import { type FakeStream, fakeStreams } from '@marquee/testing/fake-streams'
import { Upload } from './upload.ts'

const lifetime = new Lifetime(createTimeouts())
const call = { memory: new CallMemory(undefined, lifetime, 0) }

test('the bytes sent on a lost stream are sent again on the next, and then the rest', async () => {
  const { body, push, end } = openBody()
  const upload = create(body)
  push('a')
  const first = await openStream(upload)
  push('b')
  await turn()
  expect(first.sent.toString()).toBe('ab')
  upload.pause()
  push('c')
  await turn()
  const second = await openStream(upload)
  expect(second.sent.toString()).toBe('abc')
  end()
  await turn()
  expect([second.isSent, first.isSent, upload.isComplete]).toEqual([true, false, true])
})

test('a body that was sent whole is sent whole again', async () => {
  const { body, push, end } = openBody()
  const upload = create(body)
  push('abc')
  end()
  const first = await openStream(upload)
  upload.pause()
  const second = await openStream(upload)
  for (const { sent, isSent } of [first, second]) expect([`${sent}`, isSent]).toEqual(['abc', true])
})

test('the body is not read while there is no stream', async () => {
  const { body, push, waiting } = openBody()
  const upload = create(body)
  await openStream(upload)
  upload.pause()
  push('a')
  push('b')
  await turn()
  expect(waiting()).toBe(2)
})

test('a body that is too long to be kept cannot be sent again', async () => {
  const { body, push } = openBody()
  const upload = create(body, 3)
  push('ab')
  await openStream(upload)
  expect(upload.isReplayable).toBe(true)
  push('cd')
  await turn()
  expect(upload.isReplayable).toBe(false)
})

test('an aborted request is reported, unless the upload was stopped', async () => {
  const reported: unknown[] = []
  for (const isStopped of [false, true]) {
    const { body, breakOff } = openBody()
    const onAborted = (cause: unknown) => void reported.push(cause)
    const upload = new Upload({ body, call, replayBytesMax: 10, onAborted, onBytes() {} })
    await openStream(upload)
    if (isStopped) upload.stop()
    breakOff(new Error(`stopped: ${isStopped}`))
    await turn()
  }
  expect(reported).toEqual([new Error('stopped: false')])
})

function create(body: RequestBody, replayBytesMax = 1024): Upload {
  const onAborted = (cause: unknown) => {
    throw cause
  }
  return new Upload({ body, call, replayBytesMax, onAborted, onBytes() {} })
}

async function openStream(upload: Upload): Promise<FakeStream> {
  const streams = fakeStreams(() => {})
  const ignore = () => {}
  const events = { onHead: ignore, onBytes: ignore, onEnd: ignore, onFailure: ignore }
  streams.open([], { ...events, onOpen: (stream) => upload.sendTo(stream) })
  await turn()
  const [stream] = streams.opened
  if (!stream) throw new Error('no stream was opened')
  return stream
}

/** A body that comes as the test has it. */
function openBody() {
  const chunks: Uint8Array[] = []
  let isOver = false
  let next = Promise.withResolvers<void>()
  const wake = () => {
    next.resolve()
    next = Promise.withResolvers()
  }
  const body: RequestBody = {
    get ended() {
      return isOver && chunks.length === 0
    },
    trailers: [],
    take: () => chunks.shift(),
    ready: () => (chunks.length > 0 || isOver ? Promise.resolve() : next.promise),
    refuse() {},
  }
  return {
    body,
    waiting: () => chunks.length,
    push(text: string) {
      chunks.push(Buffer.from(text))
      wake()
    },
    end() {
      isOver = true
      wake()
    },
    breakOff: (cause: Error) => next.reject(cause),
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
