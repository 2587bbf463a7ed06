import { expect, test } from 'bun:test'
import { createSlices } from './slices.ts'

test('long tasks get one slice per event-loop turn, one after the other', async () => {
  const slices = createSlices()
  const taken: string[] = []
  let turns = 0
  let working = true
  const count = () => {
    turns++
    if (working) setImmediate(count)
  }
  setImmediate(count)
  async function work(name: string) {
    for (let slice = 0; slice < 10; slice++) {
      await slices.next()
      taken.push(name)
    }
  }
  await Promise.all([work('a'), work('b')])
  working = false
  expect(taken.join('')).toBe('ab'.repeat(10))
  expect(turns).toBeGreaterThanOrEqual(19)
})

test('a cancelled task gets no slice', async () => {
  const slices = createSlices()
  const reason = new Error('the client left')
  const refused = slices.next(AbortSignal.abort(reason)).catch((error: unknown) => error)
  expect(await refused).toBe(reason)
})
