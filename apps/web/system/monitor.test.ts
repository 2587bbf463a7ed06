import { expect, test } from 'bun:test'
import type { WatchSystemResponse } from '@marquee/client/system'
import { appliedPerSecond, type Monitor, monitorAfter, windowSeconds } from './monitor.ts'
import { activityAt, instanceWith, reportAt, sampleAt, unreachable } from './testing/reports.ts'
import { millis } from './times.ts'

function watch(reports: readonly WatchSystemResponse[]): Monitor {
  const monitor = reports.reduce<Monitor | undefined>(monitorAfter, undefined)
  if (!monitor) throw new Error('watch() needs at least one report')
  return monitor
}

function instanceAt(atSeconds: number, startSeconds = 0) {
  return instanceWith('1', activityAt(atSeconds, { ok: atSeconds }, { startSeconds }))
}

const report = (atSeconds: number, startSeconds = 0) =>
  reportAt(atSeconds, [instanceAt(atSeconds, startSeconds)])

function windowOf({ windows }: Monitor): number[] {
  return (windows.get('1') ?? []).map(({ time }) => millis(time) / 1000)
}

test('the window of an instance has its activities of the last 30 seconds', () => {
  const reports = Array.from({ length: 50 }, (_, at) => report(at))
  const window = windowOf(watch(reports))
  expect([window[0], window.at(-1)]).toEqual([49 - windowSeconds, 49])
})

test('a restart begins a new window', () => {
  expect(windowOf(watch([report(1), report(2), report(3, 2.5)]))).toEqual([3])
})

test('a report that repeats an activity changes nothing', () => {
  expect(windowOf(watch([report(1), report(2), reportAt(3, [instanceAt(2)])]))).toEqual([1, 2])
})

test('an instance that does not respond has no rates, and its last counts', () => {
  const away = reportAt(3, [unreachable(instanceAt(2))])
  expect(windowOf(watch([report(1), report(2), away]))).toEqual([2])
})

test('the window of an instance that has left is dropped', () => {
  expect(watch([report(1), reportAt(2, [])]).windows.size).toBe(0)
})

test('samples are kept in order, once each, also when a stream begins again', () => {
  const at = (seconds: number, samples: readonly number[]) => ({
    ...report(seconds),
    samples: samples.map((one) => sampleAt(one, {})),
  })
  const { samples } = watch([at(10, [5, 10]), at(11, []), at(15, [15]), at(16, [5, 10, 15, 20])])
  expect(samples.map(({ time }) => millis(time) / 1000)).toEqual([5, 10, 15, 20])
})

test('the rate of ingestion is over the window', () => {
  const window = [1, 2, 5].map((at) => activityAt(at, {}, { appliedCount: BigInt(10 * at) }))
  expect(appliedPerSecond(window)).toBe(10)
  expect(appliedPerSecond(window.slice(0, 1))).toBeUndefined()
})
