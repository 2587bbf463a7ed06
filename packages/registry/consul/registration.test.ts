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
  const record = (call: string) => void calls.push(call)
  const client: ConsulClient = {
    passing: async () => ({ index: 1n, instances: [] }),
    register: async () => record('register'),
    isRegistered(id) {
      record('isRegistered')
      return isRegistered(id)
    },
    updateCheck: async () => true,
    async deregister() {
      record('deregister')
      throw new Error('unavailable')
    },
    [Symbol.dispose]() {},
  }
  const errors: unknown[] = []
  const registration = keepRegistered({
    client,
    service,
    intervalMs: 1,
    onResult: (error) => error !== undefined && errors.push(error),
    onRegistered() {},
    log: pino({ enabled: false }),
  })
  return { calls, errors, registration }
}

test('an instance is deregistered while a request to Consul has no response', async () => {
  const { calls, registration } = keep(() => new Promise(() => {}))
  const kept = await registration
  await waitFor(() => calls.includes('isRegistered'), { what: 'the request' })
  await kept[Symbol.asyncDispose]()
  expect(calls).toEqual(['register', 'isRegistered', 'deregister', 'deregister'])
})

test('an instance is deregistered with one attempt only while Consul fails', async () => {
  const { calls, errors, registration } = keep(() => Promise.reject(new Error('unavailable')))
  const kept = await registration
  await waitFor(() => errors.length > 0, { what: 'the error' })
  await kept[Symbol.asyncDispose]()
  expect(calls.filter((call) => call === 'deregister')).toHaveLength(1)
})
