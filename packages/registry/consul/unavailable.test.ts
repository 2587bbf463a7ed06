import { expect, test } from 'bun:test'
import { isDeepStrictEqual } from 'node:util'
import type { Backend } from '@marquee/testing/backends/backend'
import { startConsul } from '@marquee/testing/backends/consul'
import { installed } from '@marquee/testing/backends/shared'
import { openConsul } from '@marquee/testing/consul-registry'
import { startHealthServer } from '@marquee/testing/health-server'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { describeWith } from '@marquee/testing/requirements'
import { waitFor } from '@marquee/testing/wait-for'
import type { Registry, Watch } from '../port.ts'

/** Only a hang exceeds this. */
const testTimeoutMs = 60_000
/** Grace period that exceeds the duration of each test, so that no kept instance expires. */
const graceMs = 300_000

describeWith(installed('consul'), 'an unavailable Consul:', () => {
  alsoOnDenoAndNode(import.meta.filename)

  test(
    'a service that starts before Consul is not ready, and is found once Consul starts',
    async () => {
      await using consul = await startConsul()
      await consul.kill()
      await using registry = await openConsul(consul.address, { graceMs })
      await using instance = await startHealthServer()
      using watch = await registry.watch('rating')
      expect(watch.instances).toEqual([])
      await registry.register({ service: 'rating', ...instance })
      expect(instance.health.problems()).toEqual([
        { name: 'registry', reason: 'not registered yet' },
      ])
      expect(registry.status().errorCount).toBeGreaterThan(0)
      await consul.start()
      await shows(watch, [instance])
      expect(instance.health.problems()).toEqual([])
    },
    testTimeoutMs,
  )

  test(
    'instances stay known and register again when Consul is killed and restarts empty',
    async () => {
      await using consul = await startConsul()
      await using caller = await openConsul(consul.address, { prefix: '', graceMs })
      await using registry = await openConsul(consul.address, { prefix: '' })
      await using first = await startHealthServer()
      await using second = await startHealthServer()
      using watch = await caller.watch('rating')
      await registry.register({ service: 'rating', ...first })
      await registry.register({ service: 'rating', ...second })
      await shows(watch, [first, second])
      const { instances } = watch

      await consul.kill()
      await failed(caller)
      await failed(registry)
      expect(watch.instances).toBe(instances)
      expect(first.health.problems()).toEqual([])
      const ageMs = ageOf(caller)
      await waitFor(() => ageOf(caller) > ageMs, { what: 'the snapshot to grow old' })

      await consul.start()
      await waitFor(() => registry.status().registrationCount === 4, { what: 'registering again' })
      expect(watch.instances).toBe(instances)
      await waitFor(() => ageOf(caller) < ageMs, { what: 'the snapshot to be new' })
      expect(watch.instances).toBe(instances)
      await using third = await startHealthServer()
      await registry.register({ service: 'rating', ...third })
      await shows(watch, [first, second, third])
    },
    testTimeoutMs,
  )

  test(
    'an instance that left during an outage of Consul is dropped after the grace period',
    async () => {
      await using consul = await startConsul()
      await using caller = await openConsul(consul.address, { prefix: '', graceMs: 2_000 })
      await using leaving = await openConsul(consul.address, { prefix: '' })
      await using staying = await openConsul(consul.address, { prefix: '' })
      await using first = await startHealthServer()
      await using second = await startHealthServer()
      using watch = await caller.watch('rating')
      await leaving.register({ service: 'rating', ...first })
      await staying.register({ service: 'rating', ...second })
      await shows(watch, [first, second])
      await consul.kill()
      await leaving[Symbol.asyncDispose]()
      expect(urlsOf(watch)).toEqual([first.url, second.url].sort())
      await consul.start()
      await shows(watch, [second])
    },
    testTimeoutMs,
  )

  test(
    'a Consul that does not respond delays nobody for long, and each timeout is counted',
    async () => {
      await using consul = await startConsul()
      await using caller = await openConsul(consul.address, { prefix: '', waitMs: 100 })
      await using registry = await openConsul(consul.address, { prefix: '' })
      await using first = await startHealthServer()
      await using second = await startHealthServer()
      const announced = await registry.register({ service: 'rating', ...first })
      using known = await caller.watch('rating')
      await shows(known, [first])
      await using frozen = freeze(consul)
      await failed(caller)
      using unknown = await caller.watch('metadata')
      expect(unknown.instances).toEqual([])
      await registry.register({ service: 'rating', ...second })
      await announced[Symbol.asyncDispose]()
      expect(urlsOf(known)).toEqual([first.url])
      await frozen[Symbol.asyncDispose]()
      await waitFor(() => registry.status().registrationCount === 2, { what: 'registering' })
    },
    testTimeoutMs,
  )
})

/** Suspends the process until it is disposed: connections stay open, and get no response. */
function freeze({ pid }: Backend): AsyncDisposable {
  if (pid === undefined) throw new Error('Consul is not running: start it first')
  process.kill(pid, 'SIGSTOP')
  return { [Symbol.asyncDispose]: async () => void process.kill(pid, 'SIGCONT') }
}

/** Resolves after the next error of the registry. */
async function failed(registry: Registry): Promise<void> {
  const before = registry.status().errorCount
  const more = () => registry.status().errorCount > before
  await waitFor(more, { what: 'an error', timeoutMs: 15_000 })
}

function ageOf(registry: Registry): number {
  return registry.status().services[0]?.ageMs ?? 0
}

function urlsOf(watch: Watch): string[] {
  return watch.instances.map(({ url }) => url).sort()
}

async function shows(watch: Watch, expected: readonly { url: string }[]): Promise<void> {
  const urls = expected.map(({ url }) => url).sort()
  await waitFor(() => isDeepStrictEqual(urlsOf(watch), urls), {
    what: `${urls.join(', ') || 'nothing'} to be shown`,
    timeoutMs: 20_000,
  })
}
