import { expect, test } from 'bun:test'
import { STATUS_CODES } from 'node:http'
import { reasonPhrases } from './reason-phrases.ts'

test('each status that can be sent has the reason phrase that Node gives it', () => {
  const sendable = Object.entries(STATUS_CODES).filter(([status]) => Number(status) >= 200)
  expect(Object.entries(reasonPhrases)).toEqual(sendable as [string, string][])
})
