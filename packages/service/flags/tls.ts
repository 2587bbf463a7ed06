import { readFileSync } from 'node:fs'
import type { TlsOptions } from '@marquee/http/server/tls'
import { type TlsFiles, tlsProblem } from '../process/tls-files.ts'
import type { Flags } from './flags.ts'

/** TLS as it is configured: what the files held at the start, and where they are. */
export interface TlsFileOptions extends TlsOptions {
  readonly files: TlsFiles
}

/** Reads what the port proves by TLS who it is with; undefined when it speaks no TLS. */
export function readTls(flags: Flags): TlsFileOptions | undefined {
  const certificate = readPem(flags, 'tls-cert', 'PEM file of the certificate of the port')
  const key = readPem(flags, 'tls-key', 'PEM file of its key')
  const help = 'PEM file of the authority that clients must have a certificate of'
  const clientAuthority = readPem(flags, 'tls-client-ca', help)
  const isOnly = readOnly(flags)
  if ((certificate === undefined) !== (key === undefined)) {
    flags.refuse('--tls-cert and --tls-key: give both, or neither')
  }
  if (!certificate?.text || !key?.text) {
    const needy = isOnly ? '--tls-only' : clientAuthority && '--tls-client-ca'
    if (needy && !certificate && !key) flags.refuse(`${needy} needs --tls-cert and --tls-key`)
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

function readOnly(flags: Flags): boolean {
  const help = 'whether cleartext is refused'
  const of = ['true', 'false'] as const
  return flags.choice({ flag: 'tls-only', help, of, default: 'false' }) === 'true'
}

interface PemFile {
  readonly path: string
  /** Empty when it cannot be read, which is reported. */
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
