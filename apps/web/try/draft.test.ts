import { expect, test } from 'bun:test'
import { createRegistry } from '@bufbuild/protobuf'
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { MetadataSchema, PutMetadataRequestSchema } from '../../../gen/metadata/v1/metadata_pb.ts'
import { PutRatingRequestSchema } from '../../../gen/rating/v1/rating_pb.ts'
import { canonicalDraft, emptyDraft, fieldProblem, parseDraft, withField } from './draft.ts'

const registry = createRegistry(file_buf_validate_validate)

test('a field keeps its place when it is set, and can be removed', () => {
  const draft = withField({ a: 1, b: 2 }, 'a', 3)
  expect(Object.entries(draft)).toEqual([
    ['a', 3],
    ['b', 2],
  ])
  expect(withField(draft, 'a', undefined)).toEqual({ b: 2 })
})

test('an empty draft has the required messages', () => {
  expect(emptyDraft(PutMetadataRequestSchema, registry)).toEqual({ metadata: {} })
  expect(emptyDraft(PutRatingRequestSchema, registry)).toEqual({})
})

test('proto names become JSON names, and default values are dropped', () => {
  const typed = { record_id: 'm1', recordType: '', value: '4' }
  expect(canonicalDraft(PutRatingRequestSchema, typed, registry)).toEqual({
    recordId: 'm1',
    value: 4,
  })
})

test('an invalid value is a problem of its field', () => {
  const problemOf = (name: string, value: string | number) => {
    const field = MetadataSchema.fields.find((one) => one.name === name)
    return field && fieldProblem(field, value, registry)
  }
  expect(problemOf('year', 'soon')).toContain('expected')
  expect(problemOf('year', '1999')).toBeUndefined()
  expect(problemOf('update_time', 'yesterday')).toBeString()
  expect(problemOf('update_time', '2026-01-31T12:00:00Z')).toBeUndefined()
})

test('a draft with an unknown field is rejected', () => {
  expect(parseDraft(PutRatingRequestSchema, { nonsense: 1 }, registry)).toHaveProperty('problem')
})
