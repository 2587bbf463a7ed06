import { describe, expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import type { HeaderList } from '../../exchange.ts'
import { headerListBytes } from '../../header-list.ts'
import { StreamReset } from '../frames/errors.ts'
import { settingId, settingsPayload } from '../frames/settings.ts'
import { errorCode, frameFlag, frameType } from '../frames/wire.ts'
import { connectPair, headers, type Pair, requestHead } from '../testing/client-peer.ts'
import { toFrame } from '../testing/frames-peer.ts'
import { clientLimits } from './limits.ts'
import { HeadTooLongError } from './port.ts'

alsoOnDenoAndNode(import.meta.filename)

const { endStream, endHeaders } = frameFlag
const head = [':status', '200', 'content-type', 'application/grpc']
const trailers = ['grpc-status', '0']

describe('headers and trailers beyond the limits', () => {
  /** Encodes headers as a server without limits does: HEADERS and several CONTINUATION. */
  function longBlock(pair: Pair, streamId: number, headers: HeaderList, isLast: boolean): Buffer {
    const block = pair.peer.encode(headers)
    const frames: Buffer[] = []
    for (let at = 0; at < block.length; at += 16_384) {
      const flags = at + 16_384 < block.length ? 0 : endHeaders
      const type = at === 0 ? frameType.headers : frameType.continuation
      const own = at === 0 && isLast ? endStream : 0
      frames.push(toFrame(type, flags | own, streamId, block.subarray(at, at + 16_384)))
    }
    return Buffer.concat(frames)
  }
  const long = ['grpc-message', 'x'.repeat(100_000), 'x-after', 'is in the table']

  test('headers or trailers of 100 KB end their stream, not the connection', async () => {
    await using pair = await connectPair()
    const calls = [pair.request(), pair.request(), pair.request()]
    pair.send(longBlock(pair, 1, [...head, ...long], true))
    pair.send(headers(pair, 3, head), longBlock(pair, 3, [...trailers, ...long], true))
    const causes = await Promise.all(calls.slice(0, 2).map(({ over }) => over))
    for (const cause of causes) {
      expect(cause).toBeInstanceOf(StreamReset)
      expect((cause as StreamReset).code).toBe(errorCode.enhanceYourCalm)
    }
    pair.send(headers(pair, 5, [...head, 'x-after', 'is in the table'], true))
    expect(await calls[2]?.over).toBeUndefined()
    expect(calls[2]?.stream.headers.at(-1)).toBe('is in the table')
  })

  test('long headers do not end the connection, however many there are', async () => {
    await using pair = await connectPair({ limits: { resets: { burst: 5, perSecond: 0 } } })
    for (let id = 1; id < 40; id += 2) {
      const call = pair.request()
      pair.send(longBlock(pair, id, [...head, ...long], true))
      expect(await call.over).toBeInstanceOf(StreamReset)
    }
    expect(pair.events).not.toContain('end')
    expect(pair.client.hasRoom).toBe(true)
  })

  test('headers without an end are a flood, and end the connection', async () => {
    await using pair = await connectPair()
    const call = pair.request()
    pair.send(toFrame(frameType.headers, 0, 1, pair.peer.encode(head)))
    for (let count = 0; count < clientLimits.continuationsMax + 1; count++) {
      pair.send(toFrame(frameType.continuation, 0, 1, Buffer.alloc(1_000, 0x82)))
    }
    expect(await pair.peer.goawayCode()).toBe(errorCode.enhanceYourCalm)
    expect(await call.over).toBeInstanceOf(Error)
  })

  test('headers longer than the server accepts are not sent', async () => {
    await using pair = await connectPair()
    pair.peer.send(
      frameType.settings,
      0,
      0,
      settingsPayload([[settingId.maxHeaderListSize, headerListBytes(requestHead)]]),
    )
    await pair.peer.settled()
    const refused = pair.request([...requestHead, 'x', 'y'])
    expect(await refused.over).toBeInstanceOf(HeadTooLongError)
    expect(refused.events).toEqual(['failure'])
    const call = pair.request()
    call.stream.end()
    const [first] = await pair.peer.response(1)
    expect(first?.headers).toEqual(requestHead)
    pair.send(headers(pair, 1, head, true))
    expect(await call.over).toBeUndefined()
  })
})
