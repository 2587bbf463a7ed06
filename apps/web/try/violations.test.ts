import { expect, test } from 'bun:test'
import { fieldPath, itemPath, violationsOf } from './violations.ts'

function detail(violations: object[]) {
  return [{ typeName: 'buf.validate.Violations', json: JSON.stringify({ violations }) }]
}

test('a violation has the path of its field in the form', () => {
  const elements = [{ fieldName: 'records', index: '1' }, { fieldName: 'record_id' }]
  const [violation] = violationsOf(detail([{ field: { elements }, message: 'too long' }]))
  expect(violation).toEqual({
    path: fieldPath(itemPath(fieldPath('', 'records'), 1), 'record_id'),
    message: 'too long',
  })
})

test('a violation without a message has the name of its rule', () => {
  const elements = [{ fieldName: 'title' }]
  expect(violationsOf(detail([{ field: { elements }, ruleId: 'string.min_len' }]))).toEqual([
    { path: 'title', message: 'string.min_len' },
  ])
})

test('a violation by a missing value says that it is required', () => {
  const elements = [{ fieldName: 'title' }]
  const ruleId = 'string.min_len'
  const missing = { field: { elements }, ruleId, message: 'must be at least 1 characters' }
  const short = { ...missing, message: 'must be at least 10 characters' }
  expect(violationsOf(detail([missing, short])).map(({ message }) => message)).toEqual([
    'Required',
    'must be at least 10 characters',
  ])
})

test('a violation of the whole message has an empty path', () => {
  expect(violationsOf(detail([{ message: 'query needs ORDER_TITLE' }]))).toEqual([
    { path: '', message: 'query needs ORDER_TITLE' },
  ])
})

test('other details have no violations', () => {
  expect(violationsOf([{ typeName: 'google.rpc.ErrorInfo', json: '{}' }])).toEqual([])
  expect(violationsOf([{ typeName: 'buf.validate.Violations' }])).toEqual([])
})
