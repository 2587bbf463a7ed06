import { describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { consul } from '@marquee/testing/backends/consul'
import { kafka } from '@marquee/testing/backends/kafka'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { root, tool } from '@marquee/testing/tools'
import { readMetadataConfig } from '../services/metadata/config.ts'
import { readMovieConfig } from '../services/movie/config.ts'
import { readRatingConfig } from '../services/rating/config.ts'

/** The part of a resolved Compose file that these tests read. */
interface Model {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, unknown>>
}

interface Service {
  readonly image: string
  readonly build?: { readonly dockerfile: string }
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string | number>>
  readonly ports?: readonly { host_ip: string; published: string; target: number }[]
  readonly depends_on?: Readonly<Record<string, { condition: string }>>
  readonly volumes?: readonly { type: string; source: string }[]
  readonly healthcheck?: unknown
  readonly container_name?: string
}

const text = readFileSync(join(root, 'compose.yaml'), 'utf8')
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8')
const ours = ['metadata', 'rating', 'movie']

/** Loads a compose file as Compose does, with defaults in place of variables. */
async function load(program: string, compose: string) {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'compose.yaml')
  await writeFile(path, compose)
  const env = { PATH: process.env.PATH }
  const args = ['-format', 'json', path]
  const { stdout, stderr } = spawnSync(program, args, { cwd: folder.path, encoding: 'utf8', env })
  return { stderr, model: stdout === '' ? undefined : (JSON.parse(stdout) as Model) }
}

describeWith(tool('compose-spec'), 'compose.yaml', (program) => {
  async function loaded(compose = text): Promise<Model> {
    const { model, stderr } = await load(program, compose)
    if (!model) throw new Error(stderr)
    return model
  }

  test('the compose files follow the Compose specification, which rejects a misspelt key', async () => {
    expect(Object.keys((await loaded()).services).toSorted()).toEqual(
      ['consul', 'kafka', 'postgres', ...ours].toSorted(),
    )
    const misspelt = await load(program, text.replace('depends_on:', 'depend_on:'))
    expect(misspelt).toEqual({ model: undefined, stderr: expect.stringContaining('depend_on') })
  })

  test('the compose files name only existing files and services', async () => {
    const { services, volumes } = await loaded()
    for (const service of Object.values(services)) {
      expect(services).toContainKeys(Object.keys(service.depends_on ?? {}))
      expect(volumes).toContainKeys((service.volumes ?? []).map(({ source }) => source))
    }
  })

  test('the compose files check the health of everything that others wait for', async () => {
    const { services } = await loaded()
    for (const { build, healthcheck, depends_on = {} } of Object.values(services)) {
      if (build) expect(build.dockerfile).toBe('Dockerfile')
      else expect(healthcheck).toBeDefined()
      for (const { condition } of Object.values(depends_on)) {
        expect(condition).toBe('service_healthy')
      }
    }
    expect(dockerfile).toContain('\nHEALTHCHECK ')
  })

  test('the compose files publish the port of each service on this machine only', async () => {
    const { services } = await loaded()
    const ports = Object.values(services).flatMap((service) => service.ports ?? [])
    expect(new Set(ports.map(({ host_ip }) => host_ip))).toEqual(new Set(['127.0.0.1']))
    const published = ours.map((name) => services[name]?.ports?.map((port) => port.published))
    expect(published).toEqual([['8081'], ['8082'], ['8083']])
  })

  test('the compose files can run several instances of rating', async () => {
    expect(text).toContain('RATING_PORTS=8090-8099 docker compose up --scale rating=3')
    const { services } = await loaded(text.replace(/\$\{RATING_PORTS:-\d+\}/, '8090-8099'))
    const { ports, container_name } = services.rating ?? {}
    expect(ports).toMatchObject([{ published: '8090-8099', target: 8082 }])
    expect(container_name).toBeUndefined()
  })

  test('the compose files set only flags that the services know', async () => {
    const { services } = await loaded()
    const source = (name: string) => ({
      args: [],
      env: Object.fromEntries(
        Object.entries(services[name]?.environment ?? {}).map(([key, value]) => [key, `${value}`]),
      ),
    })
    const common = { host: '0.0.0.0', registry: { kind: 'consul', url: 'http://consul:8500' } }
    expect(readMetadataConfig(source('metadata'))).toMatchObject({
      ...common,
      port: 8081,
      databaseUrl: 'postgres://metadata:marquee@postgres:5432/marquee',
    })
    expect(readRatingConfig(source('rating'))).toMatchObject({
      ...common,
      port: 8082,
      databaseUrl: 'postgres://rating:marquee@postgres:5432/marquee',
      eventLog: { kind: 'kafka', brokers: ['kafka:19092'] },
    })
    expect(readMovieConfig(source('movie'))).toMatchObject({ ...common, port: 8083 })
    for (const name of ours) {
      expect(services[name]?.command).toEqual([`services/${name}/main.ts`])
    }
  })

  test('the compose files use the versions that the tests run', async () => {
    const { services } = await loaded()
    expect(services.consul?.image).toBe(`hashicorp/consul:${consul.version}`)
    expect(services.kafka?.image).toBe(`apache/kafka:${kafka.version}`)
    expect(services.postgres?.image).toMatch(/^postgres:\d+\.\d+$/)
  })
})

test('the image copies only existing files', () => {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
  const taken = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
  expect(taken).not.toBeEmpty()
  expect(taken.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

test('the image copies the manifest of each workspace, which its install needs', () => {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
  const left = lines.filter((line) => existsSync(join(root, line, 'package.json')) && line !== '')
  expect(left).toContain('packages/testing')
  for (const folder of left) {
    // The last rule that matches wins.
    const last = lines.findLastIndex((line) => line.startsWith('**/'))
    expect(lines.indexOf(`!${folder}/package.json`)).toBeGreaterThan(last)
  }
})

describe('the Dockerfile', () => {
  test('uses the Bun version of package.json, and runs as an unprivileged user', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(dockerfile).toContain(`\nARG BUN_VERSION=${manifest.devDependencies.bun}\n`)
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)
    const image = `oven/bun:\${BUN_VERSION}`
    expect(bases).toEqual([image, 'install', `${image}-slim`])
    expect([...dockerfile.matchAll(/^USER (\w+)/gm)].at(-1)?.[1]).toBe('bun')
  })
})
