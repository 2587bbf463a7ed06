import { spawn } from 'node:child_process'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { backendsFolder, installOnce, run } from '@marquee/testing/backends/cache'
import { consul } from '@marquee/testing/backends/consul'
import { kafka } from '@marquee/testing/backends/kafka'
import { root } from '@marquee/testing/tools'
import { cache, type Engine } from './engine.ts'

const debian = 'trixie'
const packages = [
  ...['docker.io', 'docker-cli', 'docker-compose', 'docker-buildx', 'iptables', 'iproute2'],
  ...['postgresql-17', 'openjdk-21-jre-headless', 'dumb-init', 'gosu'],
]

/** Prepares Debian for `apt-get install`, without starting what it installs. */
const prepare = `
cp /etc/resolv.conf system/etc/
cp /etc/ssl/certs/ca-certificates.crt system/etc/ssl/certs/
printf '#!/bin/sh\\nexit 101\\n' >system/usr/sbin/policy-rc.d
chmod +x system/usr/sbin/policy-rc.d
mkdir -p system/etc/postgresql-common
echo create_main_cluster=false >system/etc/postgresql-common/createcluster.conf
unshare --mount chroot system sh -ec 'mount -t proc proc /proc
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends ${packages.join(' ')}
  apt-get clean
  rm -rf /var/lib/apt/lists/*'`

/**
 * Installs Debian with Docker, PostgreSQL and Java into the cache: two minutes and 1.3 GB, once.
 * Returns its folder.
 */
export async function installSystem(): Promise<string> {
  const name = `debian-${debian}`
  await installOnce(
    name,
    async (folder) => {
      const variant = ['--variant=minbase', '--include=ca-certificates']
      await run(folder, ['debootstrap', ...variant, debian, join(folder, 'system')])
      await run(folder, ['bash', '-ec', prepare])
    },
    cache,
  )
  return join(cache, name, 'system')
}

/** Names of the base images, in Dockerfile and compose.yaml, by their stage in stand-ins.Dockerfile. */
async function baseImages(): Promise<ReadonlyMap<string, readonly string[]>> {
  const dockerfile = await readFile(join(root, 'Dockerfile'), 'utf8')
  const compose = await readFile(join(root, 'compose.yaml'), 'utf8')
  const bun = `oven/bun:${/^ARG BUN_VERSION=(.+)$/m.exec(dockerfile)?.[1]}`
  const named = (stage: string): [string, string[]] => {
    const image = new RegExp(`^ *image: (\\S*\\b${stage}:\\S+)$`, 'm').exec(compose)?.[1]
    if (image === undefined) throw new Error(`compose.yaml has no image of ${stage}`)
    return [stage, [image]]
  }
  return new Map([['bun', [bun, `${bun}-slim`]], ...['postgres', 'kafka', 'consul'].map(named)])
}

/** Builds the base images from the daemon's own file system, without an image registry. */
export async function buildBaseImages(engine: Engine, system: string): Promise<void> {
  const present = await engine.within(['docker', 'images', '--quiet', 'std'])
  if (present === '') {
    const others = ['var/lib/docker', 'var/lib/containerd', 'context', 'project', 'old']
    const exclude = others.map((path) => `--exclude=./${path}`).join(' ')
    const pack = `tar --one-file-system ${exclude} -c . | docker import - std`
    await engine.within(['sh', '-ec', pack], { folder: '/' })
  }
  const context = join(system, 'context')
  await mkdir(context, { recursive: true })
  await fillContext(context)
  const images = await baseImages()
  for (const [stage, names] of images) {
    const tags = names.flatMap((name) => ['--tag', name])
    const build = ['docker', 'build', '--quiet', '--target', stage, ...tags, '.']
    await engine.within(build, { folder: '/context' })
  }
}

/** Copies the programs that are no Debian packages. Files that are there are replaced when stale. */
async function fillContext(context: string): Promise<void> {
  await cp(process.execPath, join(context, 'bun'))
  const newer = { recursive: true, preserveTimestamps: true }
  const backends = backendsFolder()
  await cp(join(backends, `kafka-${kafka.version}`, 'lib'), join(context, 'lib'), newer)
  await cp(join(backends, `consul-${consul.version}`, 'consul'), join(context, 'consul'), newer)
  const stages = await readFile(join(import.meta.dirname, 'stand-ins.Dockerfile'), 'utf8')
  await writeFile(join(context, 'Dockerfile'), stages)
}

/** Builds the project's image, with a way out to the package registry for as long as it takes. */
export async function buildProject(engine: Engine): Promise<void> {
  const options = ['--configure', '--mtu=65520', '--disable-host-loopback']
  const network = spawn('slirp4netns', [...options, String(engine.pid), 'tap0'], {
    stdio: 'ignore',
  })
  try {
    await wait(1_000)
    await engine.within(['docker', 'compose', 'build', '--quiet', 'metadata'])
  } finally {
    network.kill()
  }
}
