import { describe, expect, test } from 'bun:test'
import { isDeepStrictEqual } from 'node:util'
import { createHealth } from '@marquee/service/process/health'
import { type HealthServer, startHealthServer } from '@marquee/testing/health-server'
import { describeClaimed } from '@marquee/testing/requirements'
import type { Registry, RegistryCapabilities, Watch } from '../port.ts'

/** A server to register. */
type Listening = Pick<HealthServer, 'url'> & AsyncDisposable

/**
 * Opens a registry. Where registries are shared, it shows what another registry of the same place
 * has registered.
 */
export type OpenRegistry = () => Promise<Registry>

/** Time that a registry may take to show a change, in milliseconds. */
const changeTimeoutMs = 10_000
const pollMs = 5

/**
 * Declares the tests of everything that the port promises, and of what the adapter claims in its
 * capabilities.
 * @param createPlace Creates an empty place, and returns a function that opens a registry there.
 */
export function registryContract(
  name: string,
  capabilities: RegistryCapabilities,
  createPlace: () => OpenRegistry,
): void {
  const { announces, shared, checksHealth } = capabilities
  const open = () => createPlace()()
  const listen = checksHealth ? () => startHealthServer() : unusedAddress
  describe(`${name} registry`, () => {
    test('a registry states its capabilities', async () => {
      await using registry = await open()
      expect(registry.capabilities).toEqual(capabilities)
    })

    test('a service without registrations has no instances', async () => {
      await using registry = await open()
      using watch = await registry.watch('unknown')
      expect(watch.instances).toEqual([])
    })

    test('disposing a registration twice is harmless', async () => {
      await using registry = await open()
      await using instance = await listen()
      const registration = await registry.register({ service: 'rating', url: instance.url })
      await registration[Symbol.asyncDispose]()
      await registration[Symbol.asyncDispose]()
    })

    test('a working registry counts no errors', async () => {
      await using registry = await open()
      using watch = await registry.watch('rating')
      const { services, errorCount } = registry.status()
      expect(watch.instances).toEqual([])
      expect(errorCount).toBe(0)
      for (const { service, instanceCount, ageMs } of services) {
        expect({ service, instanceCount }).toEqual({ service: 'rating', instanceCount: 0 })
        expect(ageMs).toBeGreaterThanOrEqual(0)
      }
    })
    describeClaimed(announces, 'announcing', () => announcingContract(open, listen))
    describeClaimed(shared !== 'process', 'sharing', () => sharingContract(createPlace, listen))
    describeClaimed(checksHealth, 'health', () => healthContract(open))
  })
}

function announcingContract(open: () => Promise<Registry>, listen: () => Promise<Listening>): void {
  test('a watch shows an instance from its registration until it is disposed', async () => {
    await using registry = await open()
    await using instance = await listen()
    using before = await registry.watch('rating')
    const registration = await registry.register({ service: 'rating', url: instance.url })
    using after = await registry.watch('rating')
    await showsUrls(before, [instance])
    await showsUrls(after, [instance])
    await registration[Symbol.asyncDispose]()
    await showsUrls(before, [])
    await showsUrls(after, [])
  })

  test('a watch shows instances of its own service only', async () => {
    await using registry = await open()
    await using metadata = await listen()
    await using rating = await listen()
    using watch = await registry.watch('rating')
    await registry.register({ service: 'metadata', url: metadata.url })
    await registry.register({ service: 'rating', url: rating.url })
    await showsUrls(watch, [rating])
  })

  test('instances registered concurrently are all found, each with its own id', async () => {
    await using registry = await open()
    await using stack = new AsyncDisposableStack()
    using rating = await registry.watch('rating')
    using metadata = await registry.watch('metadata')
    const instances = await Promise.all(Array.from({ length: 10 }, listen))
    for (const instance of instances) stack.use(instance)
    await Promise.all(
      instances.flatMap(({ url }) => [
        registry.register({ service: 'rating', url }),
        registry.register({ service: 'metadata', url }),
      ]),
    )
    await showsUrls(rating, instances)
    await showsUrls(metadata, instances)
    const ids = [...rating.instances, ...metadata.instances].map(({ id }) => id)
    expect(new Set(ids).size).toBe(20)
  })

  test('instances read from a watch do not change afterwards', async () => {
    await using registry = await open()
    await using first = await listen()
    await using second = await listen()
    using watch = await registry.watch('rating')
    await registry.register({ service: 'rating', url: first.url })
    await showsUrls(watch, [first])
    const instances = watch.instances
    await registry.register({ service: 'rating', url: second.url })
    await showsUrls(watch, [first, second])
    expect(instances.map(({ url }) => url)).toEqual([first.url])
  })

  test('disposing one watch of a service does not affect the others', async () => {
    await using registry = await open()
    await using instance = await listen()
    const disposed = await registry.watch('rating')
    using watch = await registry.watch('rating')
    disposed[Symbol.dispose]()
    disposed[Symbol.dispose]()
    await registry.register({ service: 'rating', url: instance.url })
    await showsUrls(watch, [instance])
  })

  test('the status of a registry counts instances and registrations', async () => {
    await using registry = await open()
    await using first = await listen()
    await using second = await listen()
    using watch = await registry.watch('rating')
    await registry.register({ service: 'rating', url: first.url })
    await registry.register({ service: 'rating', url: second.url })
    await showsUrls(watch, [first, second])
    const { services, errorCount, registrationCount } = registry.status()
    expect(services.map(({ service }) => service)).toEqual(['rating'])
    expect(services[0]?.instanceCount).toBe(2)
    expect({ errorCount, registrationCount }).toEqual({ errorCount: 0, registrationCount: 2 })
  })

  test('a registered instance is ready', async () => {
    await using registry = await open()
    await using instance = await listen()
    const health = createHealth(new AbortController().signal)
    await registry.register({ service: 'rating', url: instance.url, health })
    expect(health.problems()).toEqual([])
  })
}

function sharingContract(createPlace: () => OpenRegistry, listen: () => Promise<Listening>): void {
  test('an instance is found through another registry of the same place until it is disposed', async () => {
    const open = createPlace()
    await using registry = await open()
    await using other = await open()
    await using instance = await listen()
    using watch = await other.watch('rating')
    const registration = await registry.register({ service: 'rating', url: instance.url })
    await showsUrls(watch, [instance])
    await registration[Symbol.asyncDispose]()
    await showsUrls(watch, [])
  })
}

function healthContract(open: OpenRegistry): void {
  test('an instance that is not ready is left out until it is ready', async () => {
    await using registry = await open()
    await using instance = await startHealthServer()
    await using other = await startHealthServer()
    instance.setProblem('the store does not respond')
    using watch = await registry.watch('rating')
    await registry.register({ service: 'rating', ...instance })
    await registry.register({ service: 'rating', ...other })
    await showsUrls(watch, [other])
    instance.setProblem(undefined)
    await showsUrls(watch, [instance, other])
    other.setProblem('the disk is full')
    await showsUrls(watch, [instance])
  })
}

async function showsUrls(watch: Watch, expected: readonly Listening[]): Promise<void> {
  const urls = () => watch.instances.map(({ url }) => url).sort()
  const expectedUrls = expected.map(({ url }) => url).sort()
  const deadline = performance.now() + changeTimeoutMs
  while (!isDeepStrictEqual(urls(), expectedUrls) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  expect(urls()).toEqual(expectedUrls)
}

let unusedCount = 0

/** Returns an address where nothing listens. */
async function unusedAddress(): Promise<Listening> {
  const url = `http://127.0.0.1:${9_000 + unusedCount++}`
  return { url, async [Symbol.asyncDispose]() {} }
}
