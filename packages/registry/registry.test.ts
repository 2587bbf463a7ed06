import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pino } from 'pino'
import { registryContract } from './contract/contract.ts'
import { createInProcessRegistry, inProcessCapabilities } from './in-process/in-process.ts'
import { openRegistry } from './open.ts'
import { createStaticRegistry, staticCapabilities } from './static/static.ts'

const log = pino({ level: 'silent' })

alsoOnDenoAndNode(import.meta.filename)
registryContract(
  'static',
  staticCapabilities,
  () => async () => openRegistry({ kind: 'static', addresses: {} }, log),
)
registryContract(
  'in-process',
  inProcessCapabilities,
  () => async () => openRegistry({ kind: 'in-process' }, log),
)

test('a static registry shows the configured instances and ignores registrations', async () => {
  const first = 'http://127.0.0.1:8082'
  const second = 'http://127.0.0.1:9082'
  await using registry = createStaticRegistry({
    addresses: { metadata: ['http://127.0.0.1:8081'], rating: [first, `${second}/`, second] },
  })
  using watch = await registry.watch('rating')
  await registry.register({ service: 'rating', url: 'http://127.0.0.1:1' })
  expect(watch.instances.map(({ url }) => url)).toEqual([first, second])
  expect(new Set(watch.instances.map(({ id }) => id)).size).toBe(2)
})

test('a static registry rejects an address that is not a URL', () => {
  expect(() => createStaticRegistry({ addresses: { rating: ['nowhere'] } })).toThrow(TypeError)
})

test('a watch of the in-process registry shows changes immediately', async () => {
  await using registry = createInProcessRegistry()
  using watch = await registry.watch('rating')
  const registration = await registry.register({ service: 'rating', url: 'http://127.0.0.1:8082' })
  expect(watch.instances).toHaveLength(1)
  await registration[Symbol.asyncDispose]()
  expect(watch.instances).toHaveLength(0)
})
