import { expect, test } from 'bun:test'
import { createRegistry } from '@bufbuild/protobuf'
import { RatingService } from '../../../gen/rating/v1/rating_pb.ts'
import { createRequestState } from './request-state.ts'

const registry = createRegistry()
const { putRating, importRatings } = RatingService.method

test('the form and the JSON show the same request', () => {
  const request = createRequestState(putRating, registry)
  request.setDraft(0, { recordId: 'm1' })
  expect(JSON.parse(request.text.value)).toEqual({ recordId: 'm1' })
  request.setText('{"record_id":"m2","value":3}')
  expect(request.drafts.value).toEqual([{ recordId: 'm2', value: 3 }])
})

test('invalid JSON leaves the form unchanged and cannot be sent', () => {
  const request = createRequestState(putRating, registry)
  request.setDraft(0, { recordId: 'm1' })
  request.setText('{"recordId":')
  expect(request.textProblem.value).not.toBe('')
  expect(request.drafts.value).toEqual([{ recordId: 'm1' }])
  expect(request.messages()).toHaveProperty('problem')
  request.setDraft(0, { recordId: 'm3' })
  expect(request.textProblem.value).toBe('')
  expect(request.messages()).toMatchObject({ messages: [{ recordId: 'm3' }] })
})

test('a stream has any number of messages, or none', () => {
  const request = createRequestState(importRatings, registry)
  request.addDraft()
  request.setDraft(1, { rating: { recordId: 'm2' } })
  expect(JSON.parse(request.text.value)).toEqual([{}, { rating: { recordId: 'm2' } }])
  request.removeDraft(0)
  request.removeDraft(0)
  expect(request.messages()).toEqual({ messages: [] })
  request.setText('[{"rating":{"recordId":"a"}},{}]')
  expect(request.drafts.value).toHaveLength(2)
})

test('a message that is not an object is rejected', () => {
  const request = createRequestState(putRating, registry)
  for (const text of ['[]', '1', 'null', '"a"']) {
    request.setText(text)
    expect(request.textProblem.value).not.toBe('')
  }
})
