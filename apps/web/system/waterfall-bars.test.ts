import { expect, test } from 'bun:test'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { EndedCallSchema } from '@marquee/client/system'
import { waterfallBars } from './waterfall-bars.ts'

function part(service: string, startMs: number, durationMs: number) {
  const duration = { seconds: 0n, nanos: durationMs * 1_000_000 }
  const call = create(EndedCallSchema, { startTime: timestampFromMs(startMs), duration })
  return { ...call, service }
}

test('the parts of a call are where they began, in the time of the whole', () => {
  const parts = [part('rating', 1_050, 50), part('movie', 1_000, 100), part('metadata', 1_025, 25)]
  const bars = waterfallBars(parts).map(({ call, start, width }) => [call.service, start, width])
  expect(bars).toEqual([
    ['movie', 0, 100],
    ['metadata', 25, 25],
    ['rating', 50, 50],
  ])
})

test('a very short part can be seen, and no bar is outside', () => {
  const bars = waterfallBars([part('movie', 0, 900), part('rating', 900, 0)])
  expect(bars[1]).toMatchObject({ start: 99.5, width: 0.5 })
  expect(waterfallBars([part('movie', 0, 0)])).toMatchObject([{ start: 0, width: 0.5 }])
  expect(waterfallBars([])).toEqual([])
})
