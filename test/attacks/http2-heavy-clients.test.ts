import { describe, expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { errorCode, frameFlag, frameType } from '@marquee/http/http2/frames/wire'
import { testWith } from '@marquee/testing/requirements'
import { tool } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { settingId, settingsPayload } from '../../packages/http/http2/frames/settings.ts'
import { type FramesPeer, toFrame, uint32 } from '../../packages/http/http2/testing/frames-peer.ts'
import { pause } from './flood.ts'
import { type Target, underAttack } from './under-attack.ts'

const { endStream, endHeaders } = frameFlag
const { headers, data, ping, resetStream, goaway } = frameType
const cancel = uint32(errorCode.cancel)
const mebibyte = 1024 ** 2

const fieldsOf = (method: string, path: string) => [
  ...[':method', method, ':scheme', 'http', ':authority', 'a', ':path', path],
]

async function expectResponse(peer: FramesPeer, streamId: number): Promise<void> {
  peer.request(streamId, fieldsOf('GET', '/'))
  const [first] = await peer.response(streamId)
  expect(first?.headers?.slice(0, 2)).toEqual([':status', '200'])
  expect(peer.frames.some(({ type }) => type === goaway)).toBe(false)
}

async function handlersGone({ state }: Target): Promise<void> {
  const what = 'the handlers to end'
  await waitFor(async () => (await state()).handlerCount === 1 || undefined, { what })
}

describe('well-behaved clients with heavy use are served', () => {
  test('1,600 calls that are cancelled together on one connection', async () => {
    await underAttack({}, async ({ peer }) => {
      const client = await peer()
      for (let count = 0; count < 1_600; count++) {
        client.request(1 + 2 * count, fieldsOf('GET', '/'))
        client.send(resetStream, 0, 1 + 2 * count, cancel)
        if (count % 100 === 99) await client.settled()
      }
      await expectResponse(client, 3_201)
    })
  })

  test('calls that are cancelled repeatedly while their handlers run', async () => {
    await underAttack({}, async (target) => {
      const client = await target.peer()
      let streamId = 1
      for (let round = 0; round < 8; round++) {
        for (let count = 0; count < 200; count++, streamId += 2) {
          client.request(streamId, fieldsOf('GET', '/hold'))
        }
        await client.settled()
        for (let id = streamId - 400; id < streamId; id += 2) {
          client.send(resetStream, 0, id, cancel)
        }
        await client.settled()
        await target.release()
        await handlersGone(target)
      }
      await expectResponse(client, streamId)
    })
  })

  test('a download with a WINDOW_UPDATE and a PING for each frame', async () => {
    await underAttack({}, async ({ peer }) => {
      const client = await peer(settingsPayload([[settingId.initialWindowSize, 16_384]]))
      const bytes = 8 * mebibyte
      let received = 0
      client.request(1, fieldsOf('GET', `/bytes/${bytes}`))
      while (received < bytes) {
        const frames = await waitFor(
          () => (client.frames.length > 0 ? client.frames.splice(0) : undefined),
          {
            what: 'more of the response',
            intervalMs: 0,
          },
        )
        for (const { type, payload } of frames) {
          if (type !== data || payload.length === 0) continue
          received += payload.length
          client.windowUpdate(0, payload.length)
          client.windowUpdate(1, payload.length)
          client.send(ping, 0, 0, Buffer.alloc(8))
        }
      }
      expect(received).toBe(bytes)
      await expectResponse(client, 3)
    })
  })

  test('an upload in small pieces, each with a WINDOW_UPDATE and a PING', async () => {
    await underAttack({}, async ({ peer }) => {
      const client = await peer()
      client.request(1, fieldsOf('POST', '/length'), false)
      const count = 20_000
      const piece = Buffer.concat([
        toFrame(data, 0, 1, Buffer.alloc(10)),
        toFrame(frameType.windowUpdate, 0, 0, uint32(10)),
        toFrame(ping, 0, 0, Buffer.alloc(8)),
      ])
      for (let sent = 0; sent < count; sent += 1_000) {
        client.socket.write(Buffer.concat(Array.from({ length: 1_000 }, () => piece)))
        await client.settled()
      }
      client.data(1, '', true)
      const response = await client.response(1)
      const body = response.filter(({ type }) => type === data).map(({ payload }) => payload)
      expect(Buffer.concat(body).toString()).toBe('200000')
    })
  })

  test('requests whose frames never end at the end of a packet', async () => {
    const http2 = { headersTimeoutMs: 300 }
    await underAttack({ http2 }, async ({ peer }) => {
      const client = await peer()
      const request = (streamId: number) =>
        toFrame(headers, endStream | endHeaders, streamId, client.encode(fieldsOf('GET', '/')))
      let left = request(1)
      client.socket.write(left.subarray(0, 10))
      for (let streamId = 3; streamId < 83; streamId += 2) {
        const next = request(streamId)
        client.socket.write(Buffer.concat([left.subarray(10), next.subarray(0, 10)]))
        left = next
        await pause(10)
      }
      client.socket.write(left.subarray(10))
      await expectResponse(client, 83)
    })
  })

  testWith(tool('h2load'), 'h2load with a hundred streams on each connection', async (binary) => {
    await underAttack({}, async ({ port }) => {
      const args = ['-n', '5000', '-c', '4', '-m', '100', `http://127.0.0.1:${port}/`]
      const { stdout } = await promisify(execFile)(binary, args, { timeout: 20_000 })
      expect(stdout).toMatch(/status codes: 5000 2xx, 0 3xx, 0 4xx, 0 5xx/)
      expect(stdout).toMatch(/ 0 failed, 0 errored, 0 timeout/)
    })
  })
})
