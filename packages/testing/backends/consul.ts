import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Found } from '../tools.ts'
import type { Backend, Program } from './backend.ts'
import { backendsFolder, installOnce, requireTool, run } from './cache.ts'
import { startPrivate } from './start.ts'

const version = '1.22.7'
const apiVersion = '1.34.5'
const folderName = `consul-${version}`
const probeTimeoutMs = 2_000

export interface ConsulOptions {
  /** More arguments of `consul agent`, such as `-hcl` and its value. */
  readonly args?: readonly string[]
}

export const consul: Program<ConsulOptions> = {
  name: 'consul',
  version,
  variable: 'CONSUL_HTTP_ADDR',
  defaultPort: 8500,
  portCount: 3,
  stopSignal: 'SIGTERM',
  installed,
  install,
  address: (port) => `127.0.0.1:${port}`,
  probe,
  async configure(folder, [port = 0, rpcPort = 0, gossipPort = 0], { args = [] }) {
    const ports = [
      ['-http-port', port],
      ['-server-port', rpcPort],
      ['-serf-lan-port', gossipPort],
      ['-serf-wan-port', -1],
      ['-grpc-port', -1],
      ['-grpc-tls-port', -1],
      ['-dns-port', -1],
    ].flat()
    const loopback = ['-bind', '127.0.0.1', '-client', '127.0.0.1']
    const quiet = ['-log-level', 'warn', '-hcl', 'disable_update_check = true']
    return {
      name: 'consul',
      address: consul.address(port),
      command: [binary(), 'agent', '-dev', ...loopback, ...ports.map(String), ...quiet, ...args],
      folder,
    }
  },
}

/** Starts a development agent for one test. After a restart it is EMPTY. */
export function startConsul(options: ConsulOptions = {}): Promise<Backend> {
  return startPrivate(consul, options)
}

function binary(): string {
  return join(backendsFolder(), folderName, 'consul')
}

function installed(): Found<string> {
  if (existsSync(binary())) return { value: binary() }
  return { missing: `Consul ${version} is not in the cache; \`bun run backends up\` builds it` }
}

/**
 * Builds Consul from its Go module. A later module path has two versions of go-msgpack, which is
 * ambiguous. The api module is named because `go get` would otherwise select an older version.
 */
async function install(log: (text: string) => void): Promise<void> {
  if ('value' in installed()) return
  requireTool('go')
  log(`building Consul ${version} by go: up to 10 minutes, once`)
  await installOnce(folderName, async (folder) => {
    const msgpack = 'github.com/hashicorp/go-msgpack'
    const module = 'github.com/hashicorp/consul'
    await run(folder, ['go', 'mod', 'init', 'consul-build'])
    const excluded = ['v1.1.5', 'v1.1.6'].flatMap((one) => ['-exclude', `${msgpack}@${one}`])
    await run(folder, ['go', 'mod', 'edit', ...excluded])
    await run(folder, ['go', 'get', '-tool', `${module}@v${version}`])
    await run(folder, ['go', 'get', `${module}/api@v${apiVersion}`])
    await run(folder, ['go', 'build', '-mod=mod', '-o', 'consul', module])
  })
}

async function probe(address: string): Promise<void> {
  const signal = AbortSignal.timeout(probeTimeoutMs)
  const response = await fetch(`http://${address}/v1/status/leader`, { signal })
  const leader: unknown = response.ok ? await response.json() : undefined
  if (typeof leader !== 'string' || leader === '') throw new Error('Consul has no leader yet')
}
