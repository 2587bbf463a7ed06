import { expect, test } from 'bun:test'
import { createFrameGatherer } from './frame.ts'

function open() {
  const frames: (() => void)[] = []
  const applied: [string, number][][] = []
  const gatherer = createFrameGatherer<string, number>(
    (changes) => applied.push([...changes]),
    (callback) => frames.push(callback),
  )
  return { frames, applied, gatherer }
}

test('changes of one frame are applied together, the newest of each key', () => {
  const { frames, applied, gatherer } = open()
  gatherer.put('a', 1)
  gatherer.put('b', 2)
  gatherer.put('a', 3)
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

test('what comes after a frame asks for the next one', () => {
  const { frames, applied, gatherer } = open()
  gatherer.put('a', 1)
  frames[0]?.()
  gatherer.put('a', 2)
  expect(frames).toHaveLength(2)
  frames[1]?.()
  expect(applied.at(-1)).toEqual([['a', 2]])
})
