import { expect, test } from 'bun:test'
import { createRegistry, type DescMessage } from '@bufbuild/protobuf'
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import {
  file_metadata_v1_metadata as file_metadata,
  MetadataSchema,
  PutMetadataRequestSchema,
} from '../../../gen/metadata/v1/metadata_pb.ts'
import { ListMoviesRequestSchema } from '../../../gen/movie/v1/movie_pb.ts'
import {
  file_rating_v1_rating as file_rating,
  PutRatingRequestSchema,
} from '../../../gen/rating/v1/rating_pb.ts'
import { fieldRules, messageHints } from './rules.ts'

const registry = createRegistry(file_buf_validate_validate)

function rulesOf(message: DescMessage, name: string) {
  const field = message.fields.find((one) => one.name === name)
  if (!field) throw new Error(`${message.typeName} has no ${name}`)
  return fieldRules(field, registry)
}

test('rules are hints in words, and patterns are apart', () => {
  const rules = rulesOf(PutRatingRequestSchema, 'record_type')
  expect(rules.hints).toEqual(['up to 64 characters', 'no spaces'])
  expect(rules.patterns).toEqual(['^[^\\t\\n\\v\\f\\r \\p{Cc}]+$'])
  expect(rulesOf(MetadataSchema, 'description').hints).toEqual(['up to 10,000 characters'])
  expect(rulesOf(MetadataSchema, 'imdb_votes').hints).toEqual(['0 or more'])
  expect(rulesOf(MetadataSchema, 'year').hints).toEqual(['1870 to 2200'])
})

test('rules of list items are hints for each item', () => {
  const { hints } = rulesOf(MetadataSchema, 'genres')
  expect(hints).toEqual(['up to 32 items', 'each: up to 64 characters'])
})

test('every pattern of the services is a hint in words', () => {
  const messages = [file_metadata, file_rating].flatMap((file) => file.messages)
  const hints = messages.flatMap(({ fields }) =>
    fields.flatMap((field) => fieldRules(field, registry).hints),
  )
  expect(hints).toContain('no spaces')
  expect(hints).not.toContain('of a certain form')
})

test('a field that must have a value is required, by either kind of rule', () => {
  expect(rulesOf(PutMetadataRequestSchema, 'metadata').required).toBe(true)
  expect(rulesOf(PutRatingRequestSchema, 'value').required).toBe(true)
  expect(rulesOf(PutRatingRequestSchema, 'record_id').required).toBe(true)
  expect(rulesOf(PutRatingRequestSchema, 'user_id').required).toBe(false)
})

test.each([
  ['record_id', '', 'Required', PutRatingRequestSchema],
  ['record_id', 'the matrix', 'Must be: no spaces', PutRatingRequestSchema],
  ['record_id', 'x'.repeat(129), 'At most 128 characters; it has 129', PutRatingRequestSchema],
  ['record_id', 'the-matrix-1999', undefined, PutRatingRequestSchema],
  ['user_id', '', undefined, PutRatingRequestSchema],
  ['year', 1700, 'Must be 1870 or more', MetadataSchema],
  ['year', 2300, 'Must be 2200 or less', MetadataSchema],
  ['genres', Array(33).fill('a'), 'At most 32 items', MetadataSchema],
])('a value is checked before it is sent: %s', (name, value, problem, message) => {
  expect(rulesOf(message, name).problemOf(value)).toBe(problem)
})

test('rules across fields have the text of the proto', () => {
  expect(messageHints(ListMoviesRequestSchema, registry)).toEqual([
    'order_by needs ORDER_TITLE: ORDER_TOP_RATED is an order by itself',
  ])
})

test('a registry without the option types gives no hints', () => {
  const [field] = PutRatingRequestSchema.fields
  if (!field) throw new Error('it has no fields')
  expect(fieldRules(field, createRegistry())).toMatchObject({ required: false, hints: [] })
})
