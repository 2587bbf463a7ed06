import { expect, test } from 'bun:test'
import type { DescField, DescMessage, DescService } from '@bufbuild/protobuf'
import { Health } from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { ServerReflection } from '@marquee/connect-hono/gen/grpc/reflection/v1/reflection_pb'
import { MetadataSchema, MetadataService } from '../../../gen/metadata/v1/metadata_pb.ts'
import {
  DeleteMovieRequestSchema,
  ListMoviesRequestSchema,
  MovieService,
} from '../../../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../../../gen/rating/v1/rating_pb.ts'
import {
  ActivityService,
  DeadLetterService,
  GetDeadLetterResponseSchema,
  InstanceReportSchema,
  SystemService,
} from '../../../gen/system/v1/system_pb.ts'
import { controlOf, initialValue, numberValue, typeText } from './field-control.ts'

const services: readonly DescService[] = [
  ...[MovieService, MetadataService, RatingService],
  ...[ActivityService, DeadLetterService, SystemService],
  ...[Health, ServerReflection],
]

function field(message: DescMessage, name: string) {
  const found = message.fields.find((one) => one.name === name)
  if (!found) throw new Error(`${message.typeName} has no ${name}`)
  return found
}

/** The fields of the message and of the messages in it. */
function fieldsIn(message: DescMessage): DescField[] {
  return message.fields.flatMap((one) => {
    const control = controlOf(one)
    return control.kind === 'message' ? [one, ...fieldsIn(control.desc)] : [one]
  })
}

test('the form has an input for every request field of every served method', () => {
  const fields = services.flatMap(({ methods }) => methods).flatMap(({ input }) => fieldsIn(input))
  expect(fields.length).toBeGreaterThan(40)
  expect(fields.filter((one) => controlOf(one).kind === 'none').map(String)).toEqual([])
})

test('each kind of field has the input that fits it', () => {
  expect(controlOf(field(MetadataSchema, 'title'))).toEqual({ kind: 'text' })
  expect(controlOf(field(MetadataSchema, 'genres'))).toEqual({ kind: 'text' })
  expect(controlOf(field(MetadataSchema, 'year'))).toEqual({ kind: 'number', isLong: false })
  expect(controlOf(field(MetadataSchema, 'imdb_rating'))).toMatchObject({ kind: 'number' })
  expect(controlOf(field(ListMoviesRequestSchema, 'rating_count_min'))).toMatchObject({
    isLong: true,
  })
  expect(controlOf(field(DeleteMovieRequestSchema, 'delete_ratings'))).toEqual({ kind: 'choice' })
  expect(controlOf(field(ListMoviesRequestSchema, 'order'))).toMatchObject({ kind: 'enum' })
  expect(controlOf(field(MetadataSchema, 'update_time'))).toEqual({ kind: 'time' })
})

test('a field that no request has is left to the JSON view', () => {
  for (const [message, name] of [
    [GetDeadLetterResponseSchema, 'value'],
    [GetDeadLetterResponseSchema, 'headers'],
    [InstanceReportSchema, 'latency'],
  ] as const) {
    expect(controlOf(field(message, name))).toEqual({ kind: 'none' })
  }
})

test('an added field begins with a value that is valid JSON for it', () => {
  const initial = (name: string) => initialValue(controlOf(field(MetadataSchema, name)))
  expect(initial('year')).toBe(0)
  expect(initial('genres')).toBe('')
  expect(initial('update_time')).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
  expect(initialValue(controlOf(field(ListMoviesRequestSchema, 'rating_count_min')))).toBe('0')
})

test('a number is one when it reads back as it was typed, and text until then', () => {
  expect(numberValue('12', false)).toBe(12)
  expect(numberValue('-0.5', false)).toBe(-0.5)
  for (const text of ['1.', '', '-', '007', '1e400', 'NaN']) {
    expect(numberValue(text, false)).toBe(text)
  }
  expect(numberValue('9007199254740993', true)).toBe('9007199254740993')
})

test('a type is written as in a proto file', () => {
  expect(typeText(field(MetadataSchema, 'genres'))).toBe('repeated string')
  expect(typeText(field(MetadataSchema, 'update_time'))).toBe('google.protobuf.Timestamp')
  expect(typeText(field(GetDeadLetterResponseSchema, 'headers'))).toBe('map<string, string>')
})
