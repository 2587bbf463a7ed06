import { expect, test } from 'bun:test'
import { filterServices, ownServices } from './method-groups.ts'

const loading = { state: 'loading' } as const

function found(text: string): string[] {
  const services = ownServices('rating', loading)
  return filterServices(services, text).flatMap(({ methods }) =>
    methods.map(({ method }) => method.name),
  )
}

test('methods are listed before reflection has responded', () => {
  const names = ownServices('movie', loading).map(({ typeName }) => typeName)
  expect(names).toEqual(['movie.v1.MovieService', 'system.v1.SystemService'])
})

test('a filter finds methods by words of their full name, in any case', () => {
  expect(found('putrating')).toEqual(['PutRating'])
  expect(found('user rating')).toEqual(['GetUserSummary', 'EraseUser'])
  expect(found('DeadLetterService/get')).toEqual(['GetDeadLetter'])
  expect(found('nothing')).toEqual([])
  expect(found('').length).toBeGreaterThan(10)
})
