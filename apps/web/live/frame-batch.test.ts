import { expect, test } from 'bun:test'
import { createFrameBatch } from './frame-batch.ts'

function open() {
  const frames: (() => void)[] = []
  const applied: [string, number][][] = []
  const frameBatch = createFrameBatch<string, number>(
    (changes) => applied.push([...changes]),
    (callback) => frames.push(callback),
  )
  return { frames, applied, frameBatch }
}

test('changes within one frame are applied together, the newest of each key', () => {
  const { frames, applied, frameBatch } = open()
  frameBatch.put('a', 1)
  frameBatch.put('b', 2)
  frameBatch.put('a', 3)
  expect(applied).toEqual([])
  expect(frames).toHaveLength(1)
  frames[0]?.()
  expect(applied).toEqual([
    [
      ['a', 3],
      ['b', 2],
    ],
  ])
})

test('a change after a frame requests the next frame', () => {
  const { frames, applied, frameBatch } = open()
  frameBatch.put('a', 1)
  frames[0]?.()
  frameBatch.put('a', 2)
  expect(frames).toHaveLength(2)
  frames[1]?.()
  expect(applied.at(-1)).toEqual([['a', 2]])
})
