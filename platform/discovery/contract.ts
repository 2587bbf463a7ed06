import { describe, expect, test } from 'bun:test'
import type { Registry, Watch } from './port.ts'

/** What an adapter can promise beyond the rest of the contract. */
export interface RegistryCapabilities {
  /** Whether a registered instance is found. False for one whose instances are fixed. */
  readonly announces: boolean
}

/** How long a registry may take to show a change, in milliseconds. */
const changeTimeoutMs = 10_000
const pollMs = 5

/** Declares the tests that every registry has to pass. `open` answers a registry of its own each time. */
export function registryContract(
  name: string,
  open: () => Promise<Registry>,
  { announces }: RegistryCapabilities,
): void {
  describe(`${name} registry`, () => {
    test('a service nobody announced has no instances', async () => {
      await using registry = await open()
      using watch = await registry.watch('unheard-of')
      expect(watch.instances).toEqual([])
    })

    test('an announcement can be taken back twice', async () => {
      await using registry = await open()
      const announced = await registry.register({ service: 'rating', url: 'http://127.0.0.1:8082' })
      await announced[Symbol.asyncDispose]()
      await announced[Symbol.asyncDispose]()
    })
    if (announces) announcingContract(open)
  })
}

function announcingContract(open: () => Promise<Registry>): void {
  test('a watch shows an instance once it is announced and until it is taken back', async () => {
    await using registry = await open()
    using before = await registry.watch('rating')
    const url = 'http://127.0.0.1:8082'
    const announced = await registry.register({ service: 'rating', url })
    using after = await registry.watch('rating')
    await showsUrls(before, [url])
    await showsUrls(after, [url])
    await announced[Symbol.asyncDispose]()
    await showsUrls(before, [])
    await showsUrls(after, [])
  })

  test('a watch shows no other service', async () => {
    await using registry = await open()
    using watch = await registry.watch('rating')
    await registry.register({ service: 'metadata', url: 'http://127.0.0.1:8081' })
    await registry.register({ service: 'rating', url: 'http://127.0.0.1:8082' })
    await showsUrls(watch, ['http://127.0.0.1:8082'])
  })

  test('instances announced concurrently are all found, each with its own id', async () => {
    await using registry = await open()
    using rating = await registry.watch('rating')
    using metadata = await registry.watch('metadata')
    const urls = Array.from({ length: 10 }, (_, index) => `http://127.0.0.1:${9000 + index}`)
    await Promise.all(
      urls.flatMap((url) => [
        registry.register({ service: 'rating', url }),
        registry.register({ service: 'metadata', url }),
      ]),
    )
    await showsUrls(rating, urls)
    await showsUrls(metadata, urls)
    const ids = [...rating.instances, ...metadata.instances].map(({ id }) => id)
    expect(new Set(ids).size).toBe(20)
  })

  test('instances read from a watch do not change afterwards', async () => {
    await using registry = await open()
    using watch = await registry.watch('rating')
    await registry.register({ service: 'rating', url: 'http://127.0.0.1:8082' })
    await showsUrls(watch, ['http://127.0.0.1:8082'])
    const instances = watch.instances
    await registry.register({ service: 'rating', url: 'http://127.0.0.1:9082' })
    await showsUrls(watch, ['http://127.0.0.1:8082', 'http://127.0.0.1:9082'])
    expect(instances.map(({ url }) => url)).toEqual(['http://127.0.0.1:8082'])
  })

  test('ending one watch of a service leaves the others going', async () => {
    await using registry = await open()
    const ended = await registry.watch('rating')
    using watch = await registry.watch('rating')
    ended[Symbol.dispose]()
    await registry.register({ service: 'rating', url: 'http://127.0.0.1:8082' })
    await showsUrls(watch, ['http://127.0.0.1:8082'])
  })
}

async function showsUrls(watch: Watch, expected: readonly string[]): Promise<void> {
  const urls = () => watch.instances.map(({ url }) => url).sort()
  const deadline = performance.now() + changeTimeoutMs
  while (!Bun.deepEquals(urls(), expected) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  expect(urls()).toEqual([...expected])
}
