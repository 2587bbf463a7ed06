import { expect, test } from 'bun:test'
import { once } from 'node:events'
import { copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { createCertificate } from '@marquee/testing/certificate'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { type RuntimeName, runtime } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { startService } from './service-process.ts'

const start = (name: RuntimeName, ...args: string[]) =>
  startService({ service: 'metadata', runtime: name, args: ['--database-url', 'memory:', ...args] })

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `a service on ${name}`, () => {
    test('a service uses a renewed certificate, and ignores a broken one', async () => {
      await using folder = await temporaryFolder()
      const first = createCertificate(folder.path, 'first')
      const second = createCertificate(folder.path, 'second')
      const files = { cert: join(folder.path, 'tls.pem'), key: join(folder.path, 'tls.key') }
      const install = async ({ certificatePath, keyPath }: typeof first) => {
        await copyFile(certificatePath, files.cert)
        await copyFile(keyPath, files.key)
      }
      await install(first)
      await using service = await start(name, '--tls-cert', files.cert, '--tls-key', files.key)
      const subject = () => subjectOf(service.url)
      expect(await subject()).toBe('first')
      await install(second)
      service.program.kill('SIGHUP')
      await waitFor(async () => (await subject()) === 'second', { what: 'the new certificate' })
      await writeFile(files.key, 'no key')
      service.program.kill('SIGHUP')
      await service.program.waitForLine(/the TLS files cannot be used/)
      expect(await subject()).toBe('second')
      // Works without a signal too, once the files are valid again.
      await install(first)
      await waitFor(async () => (await subject()) === 'first', {
        what: 'the certificate to be followed',
        timeoutMs: 20_000,
      })
    })

    test('a service survives SIGHUP, and logs what the signal is for', async () => {
      await using service = await start(name)
      service.program.kill('SIGHUP')
      await service.program.waitForLine(/SIGHUP: there are no files to read again/)
      expect((await fetch(`${service.url}/readyz`)).status).toBe(200)
    })
  })
}

async function subjectOf(url: string): Promise<string> {
  const { hostname: host, port } = new URL(url)
  const socket = connect({ host, port: Number(port), rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return String(subject.CN)
}
