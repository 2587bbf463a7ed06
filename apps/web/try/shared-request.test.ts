import { expect, test } from 'bun:test'
import { parseRequestFragment, requestFragment } from './shared-request.ts'

const options = { protocol: 'grpc-web', format: 'binary', useGet: true } as const

test('a link keeps the request and how it is sent', () => {
  const shared = { text: '{\n  "query": "Amélie 🎬"\n}', options }
  const fragment = requestFragment(shared)
  expect(fragment).toMatch(/^#r=[\w-]+$/)
  expect(parseRequestFragment(fragment)).toEqual(shared)
})

test('a link without options leaves them to the person who opens it', () => {
  const shared = { text: '{}', options: {} }
  expect(parseRequestFragment(requestFragment(shared))).toEqual(shared)
})

test('a link has no headers', () => {
  const all = { ...options, headers: [['authorization', 'Bearer secret']] }
  const parsed = parseRequestFragment(requestFragment({ text: '{}', options: all }))
  expect(parsed).toEqual({ text: '{}', options })
})

test('a damaged link has no request', () => {
  const whole = requestFragment({ text: '{}', options })
  const others = ['', '#r=', '#r=%', '#top', whole.slice(0, -8), `#r=${btoa('null')}`]
  for (const fragment of others) expect(parseRequestFragment(fragment)).toBeUndefined()
})
