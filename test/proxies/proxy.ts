import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createCertificate } from '@marquee/testing/certificate'
import { root } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'

export type ProxyName = 'nginx' | 'haproxy'

export interface ProxyOptions {
  readonly name: ProxyName
  readonly binary: string
  /** Folder of its files. */
  readonly folder: string
  /** The port of the service. */
  readonly servicePort: number
  readonly port: number
}

/**
 * Time that the documented settings allow a stream to be quiet. Tests use a shorter time, to see
 * that watches outlive it.
 */
const documentedTimeout = '60s'
export const testedTimeoutMs = 4_000
const testedTimeout = `${testedTimeoutMs}ms`

/** Starts a proxy with the settings in `docs/proxies`, except for ports, files and timeouts. */
export async function startProxy(options: ProxyOptions): Promise<AsyncDisposable> {
  const { name, binary, folder, port } = options
  const file = join(folder, 'proxy.conf')
  writeFileSync(file, settingsOf(options))
  const args = { nginx: ['-p', folder, '-c', file], haproxy: ['-db', '-f', file] }
  const child = spawn(binary, args[name], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = collect(child)
  await once(child, 'spawn')
  await waitFor(() => canConnect(port), { what: `${name} to listen: ${output()}` })
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) throw new Error(`${name} has ended: ${output()}`)
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

function settingsOf({ name, folder, servicePort, port }: ProxyOptions): string {
  const { certificatePath, keyPath, certificate, key } = createCertificate(folder)
  const joined = join(folder, 'joined.pem')
  writeFileSync(joined, certificate + key)
  const shown = readFileSync(
    join(root, 'docs/proxies', { nginx: 'nginx.conf', haproxy: 'haproxy.cfg' }[name]),
    'utf8',
  )
  const replacements: ReadonlyArray<readonly [string, string]> = [
    ['127.0.0.1:8083', `127.0.0.1:${servicePort}`],
    ['listen 8443', `listen 127.0.0.1:${port}`],
    ['bind :8443', `bind 127.0.0.1:${port}`],
    ['/etc/nginx/movies.example.crt', certificatePath],
    ['/etc/nginx/movies.example.key', keyPath],
    ['/etc/haproxy/movies.example.pem', joined],
    ['events {}', `pid ${folder}/pid; daemon off; error_log stderr; events {}`],
    ['http {', 'http { access_log off;'],
    [`proxy_read_timeout ${documentedTimeout}`, `proxy_read_timeout ${testedTimeout}`],
    [`grpc_read_timeout ${documentedTimeout}`, `grpc_read_timeout ${testedTimeout}`],
    [`timeout client ${documentedTimeout}`, `timeout client ${testedTimeout}`],
    [`timeout server ${documentedTimeout}`, `timeout server ${testedTimeout}`],
  ]
  return replacements.reduce((text, [from, to]) => text.replaceAll(from, to), shown)
}

export function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** Collects the end of the output of a program. */
export function collect({ stdout, stderr }: ChildProcess): () => string {
  let text = ''
  for (const stream of [stdout, stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text = (text + chunk).slice(-16_384)
    })
  }
  return () => text
}
