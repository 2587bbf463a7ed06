import { expect, test } from 'bun:test'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import type { ConsulClient } from './client.ts'
import { keepRegistered } from './registration.ts'
import { toConsulService } from './service.ts'

const service = toConsulService(
  { service: 'rating', url: 'http://127.0.0.1:8082' },
  { prefix: '', check: 'grpc', checkIntervalMs: 1, deregisterAfterMs: 60_000 },
)

function keep(isRegistered: ConsulClient['isRegistered']) {
  const calls: string[] = []
  const note = (call: string) => void calls.push(call)
  const client: ConsulClient = {
    passing: async () => ({ index: 1n, instances: [] }),
    register: async () => note('register'),
    isRegistered(id) {
      note('ask')
      return isRegistered(id)
    },
    updateCheck: async () => true,
    async deregister() {
      note('deregister')
      throw new Error('away')
    },
    [Symbol.dispose]() {},
  }
  const errors: unknown[] = []
  const registration = keepRegistered({
    client,
    service,
    intervalMs: 1,
    random: () => 0,
    onAnswer: (error) => error !== undefined && errors.push(error),
    onRegistered() {},
    log: pino({ enabled: false }),
  })
  return { calls, errors, registration }
}

test('a question without an answer does not keep an instance from being taken back', async () => {
  const { calls, registration } = keep(() => new Promise(() => {}))
  const kept = await registration
  await waitFor(() => calls.includes('ask'), { what: 'the question' })
  await kept[Symbol.asyncDispose]()
  expect(calls).toEqual(['register', 'ask', 'deregister', 'deregister'])
})

test('an instance is taken back by one try after Consul has failed to answer', async () => {
  const { calls, errors, registration } = keep(() => Promise.reject(new Error('away')))
  const kept = await registration
  await waitFor(() => errors.length > 0, { what: 'the error' })
  await kept[Symbol.asyncDispose]()
  expect(calls.filter((call) => call === 'deregister')).toHaveLength(1)
})
