import { expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { startConsul } from '@marquee/testing/backends/consul'
import { serverPorts } from '@marquee/testing/backends/server-ports'
import { installed } from '@marquee/testing/backends/shared'
import { openConsul } from '@marquee/testing/consul-registry'
import { startHealthServer } from '@marquee/testing/health-server'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { waitFor } from '@marquee/testing/wait-for'
import type { ConsulConfig } from './address.ts'

const testTimeoutMs = 60_000
/** Time that exceeds the interval at which an instance checks its registration. */
const checkedAgainMs = 1_100
const token = '5ec2e700-0000-4000-8000-000000000001'

const accessControl = `acl {
  enabled = true
  default_policy = "deny"
  tokens { initial_management = "${token}" }
}`

const permissions = `
  service "rating" { policy = "write" }
  service_prefix "" { policy = "read" }
  node_prefix "" { policy = "read" }`

describeWith(installed('consul'), 'a secured Consul:', (binary) => {
  alsoOnDenoAndNode(import.meta.filename)

  test(
    'a token is sent, and the token of a file takes precedence',
    async () => {
      await using folder = await temporaryFolder()
      const tokenFile = join(folder.path, 'token')
      await writeFile(tokenFile, `${token}\n`)
      await using consul = await startConsul({ args: ['-hcl', accessControl] })
      await expectRegistered(consul.address, { token })
      await expectRegistered(consul.address, { tokenFile, token: 'wrong' })
    },
    testTimeoutMs,
  )

  test(
    'the permissions in operations.md are enough to register, register again and watch',
    async () => {
      await using consul = await startConsul({ args: ['-hcl', accessControl] })
      const limited = await createToken(consul.address, permissions)
      await expectRegistered(consul.address, { token: limited, check: 'grpc' })
      await expectRegistered(consul.address, { token: limited, check: 'ttl' })
    },
    testTimeoutMs,
  )

  test(
    'a token without permissions is an error, and not an empty list',
    async () => {
      await using consul = await startConsul({ args: ['-hcl', accessControl] })
      await using allowed = await openConsul(consul.address, { prefix: '', token })
      await using instance = await startHealthServer()
      await allowed.register({ service: 'rating', ...instance })
      const powerless = await createToken(consul.address)
      await using registry = await openConsul(consul.address, { prefix: '', token: powerless })
      using watch = await registry.watch('rating')
      expect(watch.instances).toEqual([])
      expect(registry.status().errorCount).toBeGreaterThan(0)
      await using other = await startHealthServer()
      await registry.register({ service: 'rating', ...other })
      expect(other.health.problems().map(({ name }) => name)).toEqual(['registry'])
    },
    testTimeoutMs,
  )

  test(
    'certificates of Consul and of the client are verified over HTTPS',
    async () => {
      await using folder = await temporaryFolder()
      const make = (...args: string[]) =>
        promisify(execFile)(binary, ['tls', ...args], { cwd: folder.path })
      await make('ca', 'create')
      await make('cert', 'create', '-server', '-additional-ipaddress', '127.0.0.1')
      await make('cert', 'create', '-client')
      const file = (name: string) => join(folder.path, name)
      const [port = 0] = await serverPorts(1)
      const secure = `ports { https = ${port} }
        tls { https {
          ca_file = "${file('consul-agent-ca.pem')}"
          cert_file = "${file('dc1-server-consul-0.pem')}"
          key_file = "${file('dc1-server-consul-0-key.pem')}"
          verify_incoming = true
        } }`
      await using _consul = await startConsul({ args: ['-hcl', secure] })
      const url = `https://127.0.0.1:${port}`
      const caFile = file('consul-agent-ca.pem')
      const own = {
        certFile: file('dc1-client-consul-0.pem'),
        keyFile: file('dc1-client-consul-0-key.pem'),
      }
      await expectRegistered('', { url, caFile, ...own })
      await expectRegistered('', { url, caFile, ...own, tlsServerName: 'server.dc1.consul' })
      await expectRegistered('', { url, verifiesTls: false, ...own })
      await expectRejected('', { url, caFile })
      await expectRejected('', { url, ...own })
      await expectRejected('', { url, caFile, ...own, tlsServerName: 'elsewhere.consul' })
    },
    testTimeoutMs,
  )
})

/** Creates a token with these permissions, or with none. */
async function createToken(address: string, rules?: string): Promise<string> {
  const put = async (path: string, body: unknown) => {
    const request = {
      method: 'PUT',
      headers: { 'x-consul-token': token },
      body: JSON.stringify(body),
    }
    const response = await fetch(`http://${address}/v1/acl/${path}`, request)
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`)
    return (await response.json()) as { SecretID: string }
  }
  if (rules === undefined) return (await put('token', {})).SecretID
  await put('policy', { Name: 'limited', Rules: rules })
  return (await put('token', { Policies: [{ Name: 'limited' }] })).SecretID
}

/** Registers an instance, finds it, and deregisters it. */
async function expectRegistered(address: string, options: Partial<ConsulConfig>): Promise<void> {
  await using registry = await openConsul(address, { prefix: '', ...options })
  await using instance = await startHealthServer()
  using watch = await registry.watch('rating')
  await registry.register({ service: 'rating', ...instance })
  const urls = () => watch.instances.map(({ url }) => url)
  await waitFor(() => urls().includes(instance.url), { what: 'the instance to be found' })
  await setTimeout(checkedAgainMs)
  expect(instance.health.problems()).toEqual([])
  expect(registry.status()).toMatchObject({ errorCount: 0, registrationCount: 1 })
  await registry[Symbol.asyncDispose]()
  expect(registry.status().errorCount).toBe(0)
}

async function expectRejected(address: string, options: Partial<ConsulConfig>): Promise<void> {
  await using registry = await openConsul(address, options)
  await using instance = await startHealthServer()
  await registry.register({ service: 'rating', ...instance })
  expect(instance.health.problems().map(({ name }) => name)).toEqual(['registry'])
}
