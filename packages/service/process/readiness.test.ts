import { expect, test } from 'bun:test'
import { ShutdownError } from '@marquee/connect-hono/errors/shutdown-error'
import { pino } from 'pino'
import { createHealth } from './health.ts'
import { logReadiness } from './readiness.ts'

/** A health whose conditions a test sets, and the lines that are logged at each `check`. */
function watched() {
  const draining = new AbortController()
  const health = createHealth(draining.signal)
  const reasons: Record<string, string | undefined> = {}
  for (const name of ['store', 'ingest']) health.require(name, () => reasons[name])
  const lines: string[] = []
  const write = (line: string) => {
    const { level, msg, reasons } = JSON.parse(line)
    lines.push([level, msg, ...(reasons ?? [])].join(' | '))
  }
  const log = pino({ level: 'info' }, { write })
  let check = () => {}
  let isWatched = true
  const watch = logReadiness({
    name: 'rating',
    health,
    log,
    repeat(callback) {
      check = callback
      return {
        [Symbol.dispose]() {
          isWatched = false
        },
      }
    },
  })
  const stop = () => {
    watch[Symbol.dispose]()
    return isWatched
  }
  const linesOf = (change: Record<string, string | undefined>) => {
    Object.assign(reasons, change)
    for (let times = 0; times < 3; times++) check()
    return lines.splice(0)
  }
  return { linesOf, draining, health, stop }
}

test('a service is logged as ready once, when nothing keeps it from being ready', () => {
  const { linesOf } = watched()
  expect(linesOf({ ingest: 'events are not read yet' })).toEqual([
    '40 | rating is not ready | ingest: events are not read yet',
  ])
  expect(linesOf({ ingest: undefined })).toEqual(['30 | rating is ready'])
  expect(linesOf({})).toEqual([])
})

test('a service that stops being ready is logged once for each change, with all reasons', () => {
  const { linesOf } = watched()
  expect(linesOf({})).toEqual(['30 | rating is ready'])
  expect(linesOf({ store: 'no response within 1000 ms' })).toEqual([
    '40 | rating is not ready | store: no response within 1000 ms',
  ])
  expect(linesOf({ ingest: 'the log is 3 s behind' })).toEqual([
    '40 | rating is not ready | store: no response within 1000 ms | ingest: the log is 3 s behind',
  ])
  expect(linesOf({ ingest: 'the log is 4 s behind' })).toEqual([])
  expect(linesOf({ store: undefined, ingest: undefined })).toEqual(['30 | rating is ready'])
})

test('a service that shuts down is logged as not ready', () => {
  const { linesOf, draining } = watched()
  linesOf({})
  draining.abort(new ShutdownError())
  expect(linesOf({})).toEqual(['40 | rating is not ready | process: shutting down'])
})

test('a disposed log checks readiness no more', () => {
  expect(watched().stop()).toBe(false)
})
