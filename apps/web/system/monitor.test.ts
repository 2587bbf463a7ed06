import { expect, test } from 'bun:test'
import type { WatchSystemResponse } from '@marquee/client/system'
import { historySeconds, type Monitor, monitorAfter } from './monitor.ts'
import { activityAt, instanceWith, reportAt } from './testing/reports.ts'

function watch(reports: readonly WatchSystemResponse[]): Monitor {
  const monitor = reports.reduce<Monitor | undefined>(monitorAfter, undefined)
  if (!monitor) throw new Error('watch() needs at least one report')
  return monitor
}

function report(atSeconds: number, okCount: number, startSeconds = 0) {
  const activity = activityAt(atSeconds, { ok: okCount }, { startSeconds })
  return reportAt(atSeconds, [instanceWith('1', activity)])
}

function callsOf({ history }: Monitor): (number | undefined)[] {
  return history.map(({ instances }) => instances.get('1')?.callsPerSecond)
}

test('each report adds a sample with the rate since the previous one', () => {
  expect(callsOf(watch([report(1, 0), report(2, 10), report(4, 14)]))).toEqual([undefined, 10, 2])
})

test('a restart is a gap in the line, not a negative rate', () => {
  const reports = [report(1, 500), report(2, 510), report(3, 2, 2.5), report(4, 5, 2.5)]
  expect(callsOf(watch(reports))).toEqual([undefined, 10, undefined, 3])
})

test('a report that repeats an activity keeps its rate', () => {
  const activity = activityAt(2, { ok: 10 })
  const again = reportAt(3, [instanceWith('1', activity)])
  expect(callsOf(watch([report(1, 0), report(2, 10), again]))).toEqual([undefined, 10, 10])
})

test('an unreachable instance has no figures, and its methods have a rate of 0', () => {
  const unreachable = reportAt(3, [instanceWith('1', undefined)])
  const monitor = watch([report(1, 0), report(2, 10), unreachable])
  expect(callsOf(monitor).at(-1)).toBeUndefined()
  expect(monitor.history.at(-1)?.instances.get('1')?.latencyMs).toBeUndefined()
  expect(monitor.instances.get('1')?.calls).toMatchObject([{ perSecond: 0, count: 10 }])
})

test('the rate of a method is over ten seconds', () => {
  const counts = [0, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100]
  const monitor = watch(counts.map((count, index) => report(index, count)))
  expect(monitor.instances.get('1')?.calls).toMatchObject([{ perSecond: 10 }])
  expect(monitor.instances.get('1')?.callsPerSecond).toBe(0)
})

test('samples of two minutes are kept, and none from before the clock was set back', () => {
  const long = Array.from({ length: historySeconds + 50 }, (_, index) => report(index, index))
  expect(watch(long).history).toHaveLength(historySeconds + 1)
  expect(watch([...long, report(5, 0)]).history.map(({ atSeconds }) => atSeconds)).toEqual([5])
})

test('the rates of a removed instance are dropped', () => {
  expect(watch([report(1, 0), reportAt(2, [])]).instances.size).toBe(0)
})
