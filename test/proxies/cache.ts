import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '@marquee/testing/wait-for'
import { canConnect, collect } from './proxy.ts'

export type CacheName = 'nginx' | 'varnishd'

export interface CacheOptions {
  readonly name: CacheName
  readonly binary: string
  /** Folder of its files. */
  readonly folder: string
  /** The port of the service. */
  readonly servicePort: number
  readonly port: number
}

/**
 * Starts a cache that stores each response that its headers allow it to store, for ten minutes, and
 * does not look at tokens.
 */
export async function startCache(options: CacheOptions): Promise<AsyncDisposable> {
  const { name, binary, folder, port } = options
  const file = join(folder, 'cache.conf')
  writeFileSync(file, name === 'nginx' ? nginxSettings(options) : varnishSettings(options))
  // As root, it would be another user, who cannot read the folder.
  const varnishArgs = [
    '-j',
    'none',
    '-F',
    '-f',
    file,
    '-a',
    `127.0.0.1:${port}`,
    '-n',
    join(folder, 'varnish'),
  ]
  const args = {
    nginx: ['-p', folder, '-c', file],
    varnishd: [
      ...[...varnishArgs, '-s', 'malloc,16m', '-p', 'default_ttl=600'],
      // With it, Varnish itself chooses the encoding.
      ...['-p', 'http_gzip_support=off'],
    ],
  }
  const child = spawn(binary, args[name], { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = collect(child)
  await once(child, 'spawn')
  const listens = () => canConnect(port)
  await waitFor(listens, { what: `${name} to listen: ${output()}`, timeoutMs: 30_000 })
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) throw new Error(`${name} has ended: ${output()}`)
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

function nginxSettings({ folder, port, servicePort }: CacheOptions): string {
  // As root, its workers would be another user.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  return `${user} pid ${folder}/pid; daemon off; error_log stderr; events {}
http {
  access_log off;
  proxy_cache_path ${folder}/stored keys_zone=responses:1m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${servicePort};
      proxy_http_version 1.1;
      proxy_cache responses;
      proxy_cache_valid any 10m;
      proxy_cache_revalidate on;
      add_header x-cache $upstream_cache_status always;
    }
  }
}
`
}

/** Caches requests with a token too, unlike Varnish by itself. */
function varnishSettings({ servicePort }: CacheOptions): string {
  return `vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "${servicePort}"; }
sub vcl_recv {
  if (req.method == "GET") { return (hash); }
}
`
}
