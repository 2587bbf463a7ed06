import { expect, test } from 'bun:test'
import { createRegistry, type DescMessage } from '@bufbuild/protobuf'
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { MetadataSchema, PutMetadataRequestSchema } from '../../../gen/metadata/v1/metadata_pb.ts'
import { ListMoviesRequestSchema } from '../../../gen/movie/v1/movie_pb.ts'
import { PutRatingRequestSchema } from '../../../gen/rating/v1/rating_pb.ts'
import { fieldRules, messageHints } from './rules.ts'

const registry = createRegistry(file_buf_validate_validate)

function rulesOf(message: DescMessage, name: string) {
  const field = message.fields.find((one) => one.name === name)
  if (!field) throw new Error(`${message.typeName} has no ${name}`)
  return fieldRules(field, registry)
}

test('rules are hints in words', () => {
  expect(rulesOf(PutRatingRequestSchema, 'record_type').hints).toEqual([
    '1 to 64 characters',
    'matches ^[^\\t\\n\\v\\f\\r \\p{Cc}]+$',
  ])
  expect(rulesOf(MetadataSchema, 'description').hints).toEqual(['at most 10,000 characters'])
  expect(rulesOf(MetadataSchema, 'imdb_votes').hints).toEqual(['0 or more'])
  expect(rulesOf(MetadataSchema, 'year').hints).toEqual(['1870 to 2200'])
})

test('rules of list items are hints for each item', () => {
  const { hints } = rulesOf(MetadataSchema, 'genres')
  expect(hints).toEqual(['at most 32 items', 'each: 1 to 64 characters'])
})

test('a required field is marked', () => {
  expect(rulesOf(PutMetadataRequestSchema, 'metadata').required).toBe(true)
  expect(rulesOf(PutRatingRequestSchema, 'value').required).toBe(true)
  expect(rulesOf(PutRatingRequestSchema, 'user_id').required).toBe(false)
})

test('rules across fields have the text of the proto', () => {
  expect(messageHints(ListMoviesRequestSchema, registry)).toEqual([
    'query needs ORDER_TITLE: the top list cannot be searched',
    'filter, order_by and include_facets need ORDER_TITLE',
    'rating_count_min needs ORDER_TOP_RATED',
  ])
})

test('a registry without the option types gives no hints', () => {
  const [field] = PutRatingRequestSchema.fields
  if (!field) throw new Error('it has no fields')
  expect(fieldRules(field, createRegistry())).toEqual({ required: false, hints: [] })
})
