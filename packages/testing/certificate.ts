import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificate {
  readonly certificatePath: string
  readonly keyPath: string
  /** In PEM, like the key. */
  readonly certificate: string
  readonly key: string
}

/** Creates a key and a self-signed certificate for `localhost` and 127.0.0.1, with openssl. */
export function createCertificate(folder: string, name = 'localhost'): Certificate {
  const [keyPath, certificatePath] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const subject = [`/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const files = ['-keyout', keyPath, '-out', certificatePath]
  const args = ['req', ...kind, '-days', '2', ...files, '-subj', ...subject]
  execFileSync('openssl', args, { stdio: 'ignore' })
  return {
    certificatePath,
    keyPath,
    certificate: readFileSync(certificatePath, 'utf8'),
    key: readFileSync(keyPath, 'utf8'),
  }
}
