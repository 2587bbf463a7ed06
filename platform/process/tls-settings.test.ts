import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type Certificate, createCertificate } from '../testing/certificate.ts'
import { alsoOnDenoAndNode } from '../testing/other-runtimes/also-on.ts'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { readSettings } from './settings.ts'
import { readTls } from './tls-settings.ts'

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
  const settings = readSettings('a service', { args, env: {} })
  const tls = readTls(settings)
  settings.finish()
  return tls
}

test('there is no TLS unless it is asked for', () => {
  expect(read()).toBeUndefined()
})

test('the files are read', () => {
  const tls = read('--tls-cert', own.certificatePath, '--tls-key', own.keyPath)
  expect(tls).toEqual({ certificate: own.certificate, key: own.key })
})

test('a certificate and a key that are of no use are refused', () => {
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

alsoOnDenoAndNode(import.meta.filename)
