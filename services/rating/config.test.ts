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

test('each record type has the prior mean that --prior-mean gives it', () => {
  const flags = ['--scale', 'movie=1:10:1,photo=0:1:1', '--prior-mean', '3,movie=6,photo=0.5']
  const { named, others } = read(...flags, '--prior-weight', '4').rules
  expect(named.get('movie')?.prior).toEqual({ mean: 6, weight: 4 })
  expect(named.get('photo')?.prior).toEqual({ mean: 0.5, weight: 4 })
  expect(others.prior).toEqual({ mean: 3, weight: 4 })
})

test.each([
  ['9', '--prior-mean is 9: give a number on the scale of all other record types'],
  ['movie=9', '--prior-mean is 9: give a number on the scale of movie'],
  ['x', '--prior-mean is "x": give a number, or TYPE=NUMBER, each type once'],
  ['3,4', '--prior-mean is "4": give a number, or TYPE=NUMBER, each type once'],
  ['1.2.3', '--prior-mean is "1.2.3": give a number, or TYPE=NUMBER, each type once'],
])('--prior-mean %p is refused', (text, problem) => {
  expect(() => read('--prior-mean', text)).toThrow(problem)
})

test.each([
  ['movie', 'a scale is minimum:maximum:step, such as 0.5:5:0.5'],
  ['movie=1:10:1=2', 'a scale is minimum:maximum:step, such as 0.5:5:0.5'],
  ['=1:10:1', 'it must begin with a record type'],
  ['movie=1:5:1,movie=1:5:1', 'each record type must be there once'],
])('--scale %p is refused', (text, problem) => {
  expect(() => read('--scale', text)).toThrow(problem)
})
