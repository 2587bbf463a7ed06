import { expect, test } from 'bun:test'
import { isDeepStrictEqual } from 'node:util'
import { backend } from '@marquee/testing/backends/shared'
import { openConsul, uniquePrefix } from '@marquee/testing/consul-registry'
import { startHealthServer } from '@marquee/testing/health-server'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { describeWith } from '@marquee/testing/requirements'
import { waitFor } from '@marquee/testing/wait-for'
import { registryContract } from '../contract/contract.ts'
import type { Watch } from '../port.ts'
import { consulCapabilities } from './consul.ts'

const testTimeoutMs = 30_000
const checks = ['grpc', 'ttl'] as const

describeWith(backend('consul'), 'a real Consul:', (address) => {
  alsoOnDenoAndNode(import.meta.filename)

  for (const check of checks) {
    registryContract(`Consul, by ${check},`, consulCapabilities, () => {
      const prefix = uniquePrefix()
      return () => openConsul(address, { check, prefix })
    })
  }

  test.each(checks)(
    'an instance is found by others while it is ready, checked by %s',
    async (check) => {
      const prefix = uniquePrefix()
      await using registry = await openConsul(address, { check, prefix })
      await using others = await openConsul(address, { check, prefix })
      await using instance = await startHealthServer()
      using watch = await others.watch('rating')
      const { url, health } = instance
      await registry.register({ service: 'rating', url, health })
      await shows(watch, [url])
      await checked(address, `${prefix}rating-127.0.0.1-${new URL(url).port}`)
      await shows(watch, [url])
      instance.setProblem('the disk is full')
      await shows(watch, [])
      instance.setProblem(undefined)
      await shows(watch, [url])
    },
    testTimeoutMs,
  )

  test(
    'an instance registers again after it was removed from Consul',
    async () => {
      const prefix = uniquePrefix()
      await using registry = await openConsul(address, { prefix })
      await using instance = await startHealthServer()
      using watch = await registry.watch('rating')
      await registry.register({ service: 'rating', url: instance.url })
      const { port } = new URL(instance.url)
      const id = `${prefix}rating-127.0.0.1-${port}`
      const gone = await fetch(`http://${address}/v1/agent/service/deregister/${id}`, {
        method: 'PUT',
      })
      expect(gone.status).toBe(200)
      await waitFor(() => registry.status().registrationCount === 2, { what: 'the second time' })
      await shows(watch, [instance.url])
    },
    testTimeoutMs,
  )

  test(
    'watches of one service share one list until the last of them is disposed',
    async () => {
      await using registry = await openConsul(address)
      const first = await registry.watch('rating')
      const second = await registry.watch('rating')
      expect(second.instances).toBe(first.instances)
      first[Symbol.dispose]()
      expect(registry.status().services).toHaveLength(1)
      second[Symbol.dispose]()
      expect(registry.status().services).toEqual([])
    },
    testTimeoutMs,
  )

  test('opening the registry names a file that cannot be read', async () => {
    const opened = openConsul(address, { tokenFile: '/nowhere/token' })
    await expect(opened).rejects.toThrow('/nowhere/token')
  })
})

/** Resolves when the agent has run the check. */
async function checked(address: string, id: string): Promise<void> {
  await waitFor(
    async () => {
      const response = await fetch(`http://${address}/v1/agent/checks`)
      const agentChecks = (await response.json()) as Record<string, { Output: string }>
      return agentChecks[`service:${id}`]?.Output
    },
    { what: 'the check of Consul to run' },
  )
}

function urlsOf(watch: Watch): string[] {
  return watch.instances.map(({ url }) => url).sort()
}

async function shows(watch: Watch, expected: readonly string[]): Promise<void> {
  const urls = [...expected].sort()
  await waitFor(() => isDeepStrictEqual(urlsOf(watch), urls), {
    what: `${expected.join(', ') || 'nothing'} to be shown`,
  })
}
