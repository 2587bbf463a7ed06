import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { root } from '@marquee/testing/tools'

const packed = join(root, 'dist', 'packages')

/** A registry of npm that has the packed packages, and nothing else. */
export interface Registry extends AsyncDisposable {
  readonly url: string
}

/** Serves the packages of the scope `@marquee`, each with one version. */
export async function startRegistry(): Promise<Registry> {
  const server = createServer(async (request, response) => {
    const name = /^\/@marquee(?:%2f|\/)([\w-]+)(\.tgz)?$/i.exec(request.url ?? '')
    const found = name?.[1] ? await find(name[1]) : undefined
    if (!found) response.writeHead(404).end()
    else if (name?.[2]) response.end(found.tarball)
    else response.end(JSON.stringify(packument(found, url)))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

interface Found {
  readonly manifest: { readonly name: string; readonly version: string }
  readonly tarball: Uint8Array
}

async function find(name: string): Promise<Found | undefined> {
  const file = (await readdir(packed)).find(
    (one) => /^marquee-(.*)-[\d.]+\.tgz$/.exec(one)?.[1] === name,
  )
  if (file === undefined) return undefined
  const manifest = JSON.parse(await readFile(join(packed, name, 'package.json'), 'utf8'))
  return { manifest, tarball: await readFile(join(packed, file)) }
}

/** https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md */
function packument({ manifest, tarball }: Found, url: string): object {
  const { name, version } = manifest
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
  const dist = { tarball: `${url}/${name}.tgz`, integrity }
  return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } }
}
