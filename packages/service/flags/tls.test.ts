import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Certificate, createCertificate } from '@marquee/testing/certificate'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { readFlags } from './flags.ts'
import { readTls } from './tls.ts'

const stack = new AsyncDisposableStack()
let own: Certificate
let other: Certificate

beforeAll(async () => {
  const { path } = stack.use(await temporaryFolder())
  own = createCertificate(path, 'own')
  other = createCertificate(path, 'other')
})
afterAll(() => stack.disposeAsync())

function read(...args: string[]) {
  const flags = readFlags('a service', { args, env: {} })
  const tls = readTls(flags)
  flags.finish()
  return tls
}

test('by default there is no TLS', () => {
  expect(read()).toBeUndefined()
})

test('the files are read', () => {
  const tls = read('--tls-cert', own.certificatePath, '--tls-key', own.keyPath)
  expect(tls).toEqual({
    certificate: own.certificate,
    key: own.key,
    isRequired: false,
    files: { certificate: own.certificatePath, key: own.keyPath },
  })
})

test('an unusable certificate or key is refused', () => {
  expect(() => read('--tls-cert', own.certificatePath)).toThrow('give both, or neither')
  expect(() => read('--tls-cert', '/nowhere', '--tls-key', own.keyPath)).toThrow(
    /--tls-cert is "\/nowhere": .*ENOENT/,
  )
  expect(() => read('--tls-cert', own.certificatePath, '--tls-key', other.keyPath)).toThrow(
    '--tls-key is not the key of --tls-cert',
  )
  expect(() => read('--tls-cert', own.keyPath, '--tls-key', own.certificatePath)).toThrow(
    '--tls-cert and --tls-key cannot be used: ',
  )
})

test('clients may have to show a certificate, and cleartext may be refused', () => {
  const files = ['--tls-cert', own.certificatePath, '--tls-key', own.keyPath]
  expect(read(...files, '--tls-only', 'true')?.isRequired).toBe(true)
  const tls = read(...files, '--tls-client-ca', other.certificatePath)
  expect(tls).toMatchObject({ clientAuthority: other.certificate, isRequired: true })
})

test('flags that need a certificate are refused without one', () => {
  expect(() => read('--tls-only', 'true')).toThrow('--tls-only needs --tls-cert and --tls-key')
  expect(() => read('--tls-client-ca', other.certificatePath)).toThrow(
    '--tls-client-ca needs --tls-cert and --tls-key',
  )
  const files = ['--tls-cert', own.certificatePath, '--tls-key', own.keyPath]
  expect(() => read(...files, '--tls-client-ca', own.keyPath)).toThrow(
    '--tls-client-ca cannot be used: ',
  )
})

alsoOnDenoAndNode(import.meta.filename)
