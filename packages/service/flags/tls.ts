import { readFileSync } from 'node:fs'
import type { TlsOptions } from '@marquee/http/server/tls'
import { type TlsFiles, tlsProblem } from '../process/tls-files.ts'
import type { Flags } from './flags.ts'

/** TLS of the port: the content of the files at the start, and their paths. */
export interface TlsFileOptions extends TlsOptions {
  readonly files: TlsFiles
}

/** Reads the certificate and key of the port. Returns `undefined` without TLS. */
export function readTls(flags: Flags): TlsFileOptions | undefined {
  const certificate = readPem(flags, 'tls-cert', 'PEM file of the certificate of the port')
  const key = readPem(flags, 'tls-key', 'PEM file of the key of the certificate')
  const help = 'PEM file of the authority that must have signed the certificates of clients'
  const clientAuthority = readPem(flags, 'tls-client-ca', help)
  const isOnly = flags.boolean({ flag: 'tls-only', help: 'refuse cleartext' })
  if ((certificate === undefined) !== (key === undefined)) {
    flags.refuse('--tls-cert and --tls-key: give both, or neither')
  }
  if (!certificate?.text || !key?.text) {
    const flag = isOnly ? '--tls-only' : clientAuthority && '--tls-client-ca'
    if (flag && !certificate && !key) flags.refuse(`${flag} needs --tls-cert and --tls-key`)
    return undefined
  }
  const pems = {
    certificate: certificate.text,
    key: key.text,
    ...(clientAuthority?.text && { clientAuthority: clientAuthority.text }),
  }
  const problem = tlsProblem(pems)
  if (problem !== undefined) flags.refuse(problem)
  const files = {
    certificate: certificate.path,
    key: key.path,
    ...(clientAuthority && { clientAuthority: clientAuthority.path }),
  }
  return { ...pems, isRequired: isOnly || clientAuthority !== undefined, files }
}

interface PemFile {
  readonly path: string
  /** Empty when the file cannot be read, which is a reported problem. */
  readonly text: string
}

function readPem(flags: Flags, flag: string, help: string): PemFile | undefined {
  const path = flags.text({ flag, help, default: '' })
  if (path === '') return undefined
  try {
    return { path, text: readFileSync(path, 'utf8') }
  } catch (error) {
    flags.refuse(`--${flag} is "${path}": ${(error as Error).message}`)
    return { path, text: '' }
  }
}
