import { expect, test } from 'bun:test'
import { createHealth } from '../process/health.ts'
import { withWorkers } from './health.ts'
import type { WorkerProblem } from './messages.ts'

const gone: WorkerProblem = { name: 'store', reason: 'worker 1: gone', concern: 'calls' }

/** Health of a worker beside one with a problem of its calls. */
function setUp() {
  const draining = new AbortController()
  const own = createHealth(draining.signal)
  const health = withWorkers(own, {
    problems: (concern) => (concern === undefined || concern === 'calls' ? [gone] : []),
  })
  return { own, health, draining }
}

test('a worker is not ready while another one is not', () => {
  const { own, health } = setUp()
  expect(health.problems()).toEqual([gone])
  expect(health.problems('life')).toEqual([])
  health.require('ingest', () => 'stopped', 'work')
  expect(health.problems()).toEqual([{ name: 'ingest', reason: 'stopped' }, gone])
  expect(own.problems()).toEqual([{ name: 'ingest', reason: 'stopped' }])
})

test('a worker that shuts down reports nothing else', () => {
  const { health, draining } = setUp()
  draining.abort()
  expect(health.problems()).toEqual([{ name: 'process', reason: 'shutting down' }])
  expect(health.problems('life')).toEqual([])
})
