import { afterAll, beforeAll, expect, test } from 'bun:test'
import { execFileSync } from 'node:child_process'
import { chmod, chown } from 'node:fs/promises'
import { join } from 'node:path'
import type { Backend } from '@marquee/testing/backends/backend'
import { ordinaryUser } from '@marquee/testing/backends/ordinary-user'
import { startPostgres } from '@marquee/testing/backends/postgres'
import { installed } from '@marquee/testing/backends/shared'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { openPostgres } from './postgres.ts'

/** Creates a key and a self-signed certificate with openssl. The server needs to own the key. */
async function createCertificate(folder: string): Promise<{ key: string; certificate: string }> {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const kind = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2']
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const args = ['req', ...kind, '-keyout', key, '-out', certificate, ...subject]
  execFileSync('openssl', args, { stdio: 'ignore' })
  const owner = ordinaryUser()
  await chmod(folder, 0o755)
  await chmod(key, 0o600)
  if (owner) await chown(key, owner.uid, owner.gid)
  return { key, certificate }
}

describeWith(installed('postgres'), 'a Postgres with TLS', () => {
  const stack = new AsyncDisposableStack()
  let postgres: Backend
  let certificate: string
  alsoOnDenoAndNode(import.meta.filename)

  beforeAll(async () => {
    const folder = stack.use(await temporaryFolder())
    const files = await createCertificate(folder.path)
    certificate = files.certificate
    const settings = { ssl: 'on', ssl_cert_file: certificate, ssl_key_file: files.key }
    postgres = stack.use(await startPostgres({ settings }))
  }, 60_000)
  afterAll(() => stack.disposeAsync(), 60_000)

  async function isEncrypted(host: string, parameters: Record<string, string>): Promise<unknown> {
    const url = new URL(postgres.address)
    url.hostname = host
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
    await using db = await openPostgres({ url: url.href, schema: { kind: 'tls', migrations: [] } })
    const text = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'
    return (await db.read({ text }))[0]?.ssl
  }

  test('a connection to Postgres is encrypted exactly when the URL says so', async () => {
    const verified = { sslmode: 'verify-full', sslrootcert: certificate }
    expect(await isEncrypted('localhost', verified)).toBe(true)
    expect(await isEncrypted('localhost', { sslmode: 'no-verify' })).toBe(true)
    expect(await isEncrypted('localhost', { sslmode: 'disable' })).toBe(false)
    expect(await isEncrypted('localhost', {})).toBe(false)
  })

  test('a Postgres with an untrusted certificate, or one of another host, is rejected', async () => {
    await expect(isEncrypted('localhost', { sslmode: 'verify-full' })).rejects.toThrow(
      /cannot open the database postgres:\/\/localhost:\d+\/marquee: .*(self.signed|certificate|UnknownIssuer)/i,
    )
    const verified = { sslmode: 'verify-full', sslrootcert: certificate }
    await expect(isEncrypted('127.0.0.1', verified)).rejects.toThrow(
      /cannot open the database postgres:\/\/127.0.0.1:\d+\/marquee: /,
    )
  })

  test('the error for a missing certificate file names the database', async () => {
    const missing = { sslmode: 'verify-full', sslrootcert: '/nowhere/ca.pem' }
    await expect(isEncrypted('localhost', missing)).rejects.toThrow(
      /cannot open the database postgres:\/\/localhost:\d+\/marquee: ENOENT/,
    )
  })
})
