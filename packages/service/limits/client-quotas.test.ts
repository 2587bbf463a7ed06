import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { createClientQuotas, limitedClientsMax } from './client-quotas.ts'

alsoOnDenoAndNode(import.meta.filename)

test('100,000 addresses are forgotten in the order in which they came', async () => {
  const quotas = createClientQuotas({ count: 1, seconds: 60 })
  for (let index = 0; index < 100_000; index++) {
    expect((await quotas.take(`${index}`)).isExceeded).toBe(false)
  }
  expect(quotas.clientCount).toBe(limitedClientsMax)
  expect((await quotas.take('99999')).isExceeded).toBe(true)
  expect((await quotas.take('0')).isExceeded).toBe(false)
  expect(quotas.exceededCount).toBe(1)
})

test('a client whose window begins again is forgotten later', async () => {
  const realNow = Date.now
  try {
    let nowMs = realNow()
    Date.now = () => nowMs
    const quotas = createClientQuotas({ count: 1, seconds: 60 }, 2)
    await quotas.take('a')
    nowMs += 30_000
    await quotas.take('b')
    nowMs += 30_000
    await quotas.take('a')
    await quotas.take('c')
    expect((await quotas.take('a')).isExceeded).toBe(true)
    expect((await quotas.take('b')).isExceeded).toBe(false)
    expect(quotas.clientCount).toBe(2)
  } finally {
    Date.now = realNow
  }
})
