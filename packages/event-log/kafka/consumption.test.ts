import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { type ConsumptionOptions, startConsumption } from './consumption.ts'

test('a consumption whose first attempt failed is failing until it has joined', async () => {
  const firstFailure = new Error('no broker responds')
  const never = new Promise<never>(() => {})
  const options = { topics: { ensure: () => never }, options: { topic: 'a' }, firstFailure }
  await using consumption = startConsumption(options as unknown as ConsumptionOptions)
  expect(consumption.failure()).toBe(firstFailure)
})

alsoOnDenoAndNode(import.meta.filename)
