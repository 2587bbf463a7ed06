import { afterAll, beforeAll, expect, test } from 'bun:test'
import { describeWith } from '@marquee/testing/requirements'
import { waitFor } from '@marquee/testing/wait-for'
import { findEngine } from './engine.ts'
import { openProject, type Project } from './project.ts'

/** The first run installs Debian with Docker, and builds the base images. */
const openTimeoutMs = 20 * 60_000
const testTimeoutMs = 600_000

const services = ['metadata', 'rating', 'movie']
const all = [...services, 'consul', 'kafka', 'postgres']

describeWith(findEngine(), 'compose.yaml under Docker', () => {
  let project: Project
  let ratings = 0

  /** Writes one more rating to Kafka, and waits until it is in the aggregate. */
  async function rateOnce(): Promise<void> {
    ratings += 1
    await project.rate(`user-${ratings}`)
    await project.rated(ratings)
  }

  beforeAll(async () => {
    project = await openProject()
    await project.up()
  }, openTimeoutMs)

  afterAll(() => project?.[Symbol.asyncDispose](), testTimeoutMs)

  test(
    'every container is healthy, and every published port answers',
    async () => {
      await project.healthy(all.length)
      for (const port of [8081, 8082, 8083]) {
        expect(await project.get(`localhost:${port}/readyz`)).toContain('"status":"ok"')
      }
      expect(await project.get('localhost:8083/')).toStartWith('<!doctype html>')
      const registered = JSON.parse(await project.get('localhost:8500/v1/catalog/services'))
      expect(Object.keys(registered)).toEqual(expect.arrayContaining(services))
    },
    testTimeoutMs,
  )

  test(
    'the command in compose.yaml loads the demo catalogue',
    async () => {
      const command = ['exec', '-T', 'metadata', 'bun', 'producers/import-catalogue.ts']
      expect(await project.compose(...command)).toContain('3,201')
    },
    testTimeoutMs,
  )

  test(
    'an event written to Kafka outside the containers is in the aggregate',
    rateOnce,
    testTimeoutMs,
  )

  test(
    'a service is not root, has no capability, and cannot write to its files',
    async () => {
      const script =
        'id -un; touch /app/x 2>/dev/null || echo read-only; grep CapBnd /proc/1/status'
      const output = await project.compose('exec', '-T', 'movie', 'sh', '-c', script)
      expect(output.trim().split(/\s+/)).toEqual([
        'bun',
        'read-only',
        'CapBnd:',
        '0000000000000000',
      ])
    },
    testTimeoutMs,
  )

  for (const service of all) {
    test(
      `${service} recovers from a crash without losing a rating`,
      async () => {
        await project.crash(service)
        await rateOnce()
      },
      testTimeoutMs,
    )
  }

  test(
    'three instances of rating share the events',
    async () => {
      await project.up({ RATING_PORTS: '8090-8099' }, '--scale', 'rating=3')
      await project.healthy(all.length + 2)
      const isShared = async () => {
        const path = 'localhost:8500/v1/health/service/rating?passing'
        return JSON.parse(await project.get(path)).length === 3
      }
      await waitFor(isShared, { what: 'three instances in Consul', timeoutMs: 300_000 })
      await rateOnce()
    },
    testTimeoutMs,
  )

  test(
    'everything comes back after a reboot of the machine',
    async () => {
      await project.reboot()
      await project.healthy(all.length + 2)
      await rateOnce()
    },
    testTimeoutMs,
  )

  test(
    'the services stop with exit code 0, and data outlives down and up',
    async () => {
      await project.compose('stop')
      const stopped = (await project.containers()).filter(({ Service }) =>
        services.includes(Service),
      )
      expect(stopped.map(({ ExitCode }) => ExitCode)).toEqual([0, 0, 0, 0, 0])
      await project.compose('down')
      const volumes = await project.docker('volume', 'ls', '--quiet')
      expect(volumes.trim().split('\n').toSorted()).toEqual(
        ['consul', 'kafka', 'postgres'].map((name) => `marquee_${name}`),
      )
      await project.up()
      await project.rated(ratings)
    },
    testTimeoutMs,
  )

  test(
    'one service becomes healthy without PORT, and refuses to start without authentication',
    async () => {
      const rating = ['marquee', 'services/rating/main.ts']
      await expect(project.docker('run', '--rm', ...rating)).rejects.toThrow('--auth-issuer')
      const run = ['run', '--detach', '--env', 'INSECURE=true', ...rating]
      const id = (await project.docker(...run)).trim()
      const status = ['inspect', '--format', '{{.State.Health.Status}}', id]
      const isHealthy = async () => (await project.docker(...status)).trim() === 'healthy'
      await waitFor(isHealthy, { what: 'a healthy container', timeoutMs: 300_000, intervalMs: 200 })
      await project.docker('rm', '--force', '--volumes', id)
    },
    testTimeoutMs,
  )
})
