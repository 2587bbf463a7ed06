import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TlsOptions } from '../server/tls.ts'
import type { Settings } from './settings.ts'

/** Reads what the port proves by TLS who it is with; undefined when it speaks no TLS. */
export function readTls(settings: Settings): TlsOptions | undefined {
  const certificate = readPem(settings, 'tls-cert', 'PEM file of the certificate of the port')
  const key = readPem(settings, 'tls-key', 'PEM file of its key')
  if ((certificate === undefined) !== (key === undefined)) {
    settings.refuse('--tls-cert and --tls-key: give both, or neither')
  }
  if (!certificate || !key) return undefined
  try {
    const fits = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
    if (!fits) settings.refuse('--tls-key is not the key of --tls-cert')
  } catch (error) {
    settings.refuse(`--tls-cert and --tls-key cannot be used: ${(error as Error).message}`)
  }
  return { certificate, key }
}

/** What the file says; empty when it cannot be read, which is told. */
function readPem(settings: Settings, flag: string, help: string): string | undefined {
  const path = settings.text({ flag, help, default: '' })
  if (path === '') return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    settings.refuse(`--${flag} is "${path}": ${(error as Error).message}`)
    return ''
  }
}
