import { expect, test } from 'bun:test'
import type { DescMessage } from '@bufbuild/protobuf'
import {
  AnySchema,
  Int64ValueSchema,
  MethodDescriptorProtoSchema,
  StructSchema,
} from '@bufbuild/protobuf/wkt'
import { MetadataSchema } from '../../../gen/metadata/v1/metadata_pb.ts'
import { ListMoviesRequestSchema } from '../../../gen/movie/v1/movie_pb.ts'
import {
  GetDeadLetterResponseSchema,
  InstanceReportSchema,
} from '../../../gen/system/v1/system_pb.ts'
import { controlOf, initialValue, numberValue, typeText } from './field-control.ts'

function field(message: DescMessage, name: string) {
  const found = message.fields.find((one) => one.name === name)
  if (!found) throw new Error(`${message.typeName} has no ${name}`)
  return found
}

test('each kind of field is filled in with what fits', () => {
  expect(controlOf(field(MetadataSchema, 'title'))).toEqual({ kind: 'text' })
  expect(controlOf(field(MetadataSchema, 'genres'))).toEqual({ kind: 'text' })
  expect(controlOf(field(MetadataSchema, 'year'))).toMatchObject({ isWhole: true, isLong: false })
  expect(controlOf(field(MetadataSchema, 'imdb_rating'))).toMatchObject({ isWhole: false })
  expect(controlOf(field(ListMoviesRequestSchema, 'rating_count_min'))).toMatchObject({
    isLong: true,
  })
  expect(controlOf(field(ListMoviesRequestSchema, 'order'))).toMatchObject({ kind: 'enum' })
  expect(controlOf(field(MetadataSchema, 'update_time'))).toMatchObject({ isTime: true })
  expect(controlOf(field(InstanceReportSchema, 'latency'))).toMatchObject({ example: '1.5s' })
  expect(controlOf(field(GetDeadLetterResponseSchema, 'value'))).toEqual({ kind: 'bytes' })
  expect(controlOf(field(MethodDescriptorProtoSchema, 'client_streaming'))).toEqual({
    kind: 'switch',
  })
})

test('a map is filled in by its values', () => {
  const headers = field(GetDeadLetterResponseSchema, 'headers')
  expect(controlOf(headers)).toEqual({ kind: 'text' })
  expect(typeText(headers)).toBe('map<string, string>')
})

test('what has JSON of its own begins with what is valid there', () => {
  expect(Int64ValueSchema.fields.map((one) => initialValue(controlOf(one)))).toEqual(['0'])
  const free = [StructSchema, AnySchema].map((desc) => ({ fieldKind: 'message', message: desc }))
  for (const one of free) expect(controlOf(one as never)).toEqual({ kind: 'json' })
})

test('a number is one when it reads back as it was typed, and text until then', () => {
  expect(numberValue('12', false)).toBe(12)
  expect(numberValue('-0.5', false)).toBe(-0.5)
  for (const text of ['1.', '', '-', '007', '1e400', 'NaN']) {
    expect(numberValue(text, false)).toBe(text)
  }
  expect(numberValue('9007199254740993', true)).toBe('9007199254740993')
})

test('types are told as in a proto file', () => {
  expect(typeText(field(MetadataSchema, 'genres'))).toBe('repeated string')
  expect(typeText(field(MetadataSchema, 'update_time'))).toBe('google.protobuf.Timestamp')
})
