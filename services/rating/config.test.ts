import { expect, test } from 'bun:test'
import { readRatingConfig } from './config.ts'

const read = (...args: string[]) => readRatingConfig({ args, env: {} })

test('each record type has the scale that --scale gives it', () => {
  const { named, others } = read('--scale', 'movie=1:10:1, photo=0:1:1').rules
  expect([...named.keys()]).toEqual(['movie', 'photo'])
  expect(named.get('movie')?.scale.values).toHaveLength(10)
  expect(named.get('photo')?.prior.mean).toBe(0.5)
  expect(others.scale.values).toHaveLength(10)
})

test.each([
  ['movie', 'a scale is minimum:maximum:step, such as 0.5:5:0.5'],
  ['movie=1:10:1=2', 'a scale is minimum:maximum:step, such as 0.5:5:0.5'],
  ['=1:10:1', 'it must begin with a record type'],
  ['movie=1:5:1,movie=1:5:1', 'each record type must be there once'],
])('--scale %p is refused', (text, problem) => {
  expect(() => read('--scale', text)).toThrow(problem)
})
