import { expect, test } from 'bun:test'
import { fieldPath, itemPath, violationsByPath, violationsOf } from './violations.ts'

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

test('a missing value is required, whatever other rules it breaks', () => {
  const missing = { elements: [{ fieldName: 'title' }] }
  const short = { elements: [{ fieldName: 'id' }] }
  const list = { elements: [{ fieldName: 'records' }] }
  const choice = { elements: [{ fieldName: 'source' }] }
  const unset = { elements: [{ fieldName: 'value' }] }
  const violations = violationsByPath(
    detail([
      { field: missing, ruleId: 'string.min_len', message: 'must be at least 1 characters' },
      { field: missing, ruleId: 'string.pattern', message: 'does not match' },
      { field: short, ruleId: 'string.min_len', message: 'must be at least 10 characters' },
      { field: unset, ruleId: 'required', message: 'value is required' },
      { field: list, ruleId: 'repeated.min_items', message: 'must contain at least 1 item(s)' },
      { field: choice, ruleId: 'enum.not_in', message: 'must not be in list [0]' },
    ]),
  )
  expect([...violations]).toEqual([
    ['title', ['Required']],
    ['id', ['must be at least 10 characters']],
    ['value', ['Required']],
    ['records', ['Required']],
    ['source', ['Required']],
  ])
})

test('a value that does not match a pattern has the pattern in words', () => {
  const message = 'does not match regex pattern `^[^\\t\\n\\v\\f\\r \\p{Cc}]+$`'
  const field = { elements: [{ fieldName: 'user_id' }] }
  expect(violationsOf(detail([{ field, ruleId: 'string.pattern', message }]))).toEqual([
    { path: 'user_id', message: 'Must be: no spaces' },
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
