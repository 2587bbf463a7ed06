import { expect, test } from 'bun:test'
import type { Instance } from '../resolver.ts'
import { createConnection } from './connection.ts'
import { createConnectionPool } from './connection-pool.ts'

test('a connection that cannot be created leaves no call that delays disposal', async () => {
  const instances: Instance[] = [{ id: 'a', url: 'http://a b:1' }]
  const pool = createConnectionPool({
    service: 'rating',
    connect: (instance, context) => createConnection(instance, { context }),
    watch: { instances, [Symbol.dispose]() {} },
    random: () => 0,
    clock: () => 0,
    drainTimeoutMs: 3_600_000,
  })
  expect(() => pool.take()).toThrow()
  await pool[Symbol.asyncDispose]()
})
