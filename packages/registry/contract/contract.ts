import { describe, expect, test } from 'bun:test'
import { isDeepStrictEqual } from 'node:util'
import { createHealth } from '@marquee/service/process/health'
import { type HealthServer, startHealthServer } from '@marquee/testing/health-server'
import { describeClaimed } from '@marquee/testing/requirements'
import type { Registry, RegistryCapabilities, Watch } from '../port.ts'

/** Something to register. */
type Listening = Pick<HealthServer, 'url'> & AsyncDisposable

/** Opens a registry that shows what another opening of the same place has announced, where registries are shared. */
export type OpenRegistry = () => Promise<Registry>

/** How long a registry may take to show a change, in milliseconds. */
const changeTimeoutMs = 10_000
const pollMs = 5

/**
 * Declares the tests that every registry has to pass, and those of what the adapter says it can do.
 * @param createPlace makes a place where nothing is announced, and returns what opens a registry there.
 */
export function registryContract(
  name: string,
  capabilities: RegistryCapabilities,
  createPlace: () => OpenRegistry,
): void {
  const { announces, shared, checksHealth } = capabilities
  const open = () => createPlace()()
  const listen = checksHealth ? () => startHealthServer() : makeUp
  describe(`${name} registry`, () => {
    test('a registry says what it can do', async () => {
      await using registry = await open()
      expect(registry.capabilities).toEqual(capabilities)
    })

    test('a service nobody announced has no instances', async () => {
      await using registry = await open()
      using watch = await registry.watch('unheard-of')
      expect(watch.instances).toEqual([])
    })

    test('an announcement can be taken back twice', async () => {
      await using registry = await open()
      await using instance = await listen()
      const announced = await registry.register({ service: 'rating', url: instance.url })
      await announced[Symbol.asyncDispose]()
      await announced[Symbol.asyncDispose]()
    })

    test('a registry that does its work counts no errors', async () => {
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
  test('a watch shows an instance once it is announced and until it is taken back', async () => {
    await using registry = await open()
    await using instance = await listen()
    using before = await registry.watch('rating')
    const announced = await registry.register({ service: 'rating', url: instance.url })
    using after = await registry.watch('rating')
    await showsUrls(before, [instance])
    await showsUrls(after, [instance])
    await announced[Symbol.asyncDispose]()
    await showsUrls(before, [])
    await showsUrls(after, [])
  })

  test('a watch shows no other service', async () => {
    await using registry = await open()
    await using metadata = await listen()
    await using rating = await listen()
    using watch = await registry.watch('rating')
    await registry.register({ service: 'metadata', url: metadata.url })
    await registry.register({ service: 'rating', url: rating.url })
    await showsUrls(watch, [rating])
  })

  test('instances announced concurrently are all found, each with its own id', async () => {
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

  test('ending one watch of a service leaves the others going', async () => {
    await using registry = await open()
    await using instance = await listen()
    const ended = await registry.watch('rating')
    using watch = await registry.watch('rating')
    ended[Symbol.dispose]()
    ended[Symbol.dispose]()
    await registry.register({ service: 'rating', url: instance.url })
    await showsUrls(watch, [instance])
  })

  test('its status counts the instances and the announcements', async () => {
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

  test('an instance that is announced is as ready as before', async () => {
    await using registry = await open()
    await using instance = await listen()
    const health = createHealth(new AbortController().signal)
    await registry.register({ service: 'rating', url: instance.url, health })
    expect(health.problems()).toEqual([])
  })
}

function sharingContract(createPlace: () => OpenRegistry, listen: () => Promise<Listening>): void {
  test('another opening finds what one has announced, until it is taken back', async () => {
    const open = createPlace()
    await using registry = await open()
    await using other = await open()
    await using instance = await listen()
    using watch = await other.watch('rating')
    const announced = await registry.register({ service: 'rating', url: instance.url })
    await showsUrls(watch, [instance])
    await announced[Symbol.asyncDispose]()
    await showsUrls(watch, [])
  })
}

function healthContract(open: OpenRegistry): void {
  test('an instance that is not ready is left out until it is ready', async () => {
    await using registry = await open()
    await using instance = await startHealthServer()
    await using other = await startHealthServer()
    instance.setProblem('the store does not answer')
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
  const wanted = expected.map(({ url }) => url).sort()
  const deadline = performance.now() + changeTimeoutMs
  while (!isDeepStrictEqual(urls(), wanted) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  expect(urls()).toEqual(wanted)
}

let madeUpCount = 0

/** An address where nothing listens. */
async function makeUp(): Promise<Listening> {
  const url = `http://127.0.0.1:${9_000 + madeUpCount++}`
  return { url, async [Symbol.asyncDispose]() {} }
}
