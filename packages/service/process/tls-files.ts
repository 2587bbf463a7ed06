import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { TlsOptions } from '@marquee/http/server/tls'
import type { Logger } from 'pino'

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certificate: string
  readonly key: string
  readonly clientAuthority?: string
}

/** What stands in the files. */
export type TlsPems = Pick<TlsOptions, 'certificate' | 'key' | 'clientAuthority'>

/** Why the port cannot use them, for people; undefined when it can. */
export function tlsProblem({ certificate, key, clientAuthority }: TlsPems): string | undefined {
  try {
    const fits = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
    if (!fits) return '--tls-key is not the key of --tls-cert'
  } catch (error) {
    return `--tls-cert and --tls-key cannot be used: ${(error as Error).message}`
  }
  try {
    if (clientAuthority !== undefined) new X509Certificate(clientAuthority)
  } catch (error) {
    return `--tls-client-ca cannot be used: ${(error as Error).message}`
  }
  return undefined
}

export interface TlsFollowing {
  /** Undefined for a port without TLS. */
  readonly tls: (TlsPems & { readonly files: TlsFiles }) | undefined
  readonly server: { reloadTls(tls: TlsOptions): void }
  /** Calls back when somebody asks for the files to be read again. Disposing ends that. */
  readonly onHangUp: (listener: () => void) => Disposable
  readonly log: Logger
  /** How often the files are read, in milliseconds. */
  readonly intervalMs?: number
}

/**
 * Reads the files of a port again and again, because certificates are renewed while the service runs, and uses what is
 * new. Read, not watched: the files may be links to links, as Kubernetes makes them. When they cannot be used, the port
 * goes on with what it has, and the log says so once.
 */
export function followTlsFiles(options: TlsFollowing): Disposable {
  const { tls, server, onHangUp, log, intervalMs = 5_000 } = options
  if (tls === undefined) return { [Symbol.dispose]: () => {} }
  const { files } = tls
  let seen = tokenOf(tls)
  let complaint: string | undefined

  async function look(): Promise<void> {
    const pems = await readPems(files)
    const token = tokenOf(pems)
    if (token === seen) return
    const problem = tlsProblem(pems)
    if (problem !== undefined) throw new Error(problem)
    server.reloadTls(pems)
    seen = token
    complaint = undefined
    log.info({ files }, 'the TLS files are read again')
  }
  const lookOrComplain = () =>
    look().catch((err: Error) => {
      if (err.message === complaint) return
      complaint = err.message
      log.error(
        { err, files },
        'the TLS files cannot be used: the port goes on with the earlier ones',
      )
    })

  const timer = setInterval(lookOrComplain, intervalMs)
  timer.unref()
  const hangUp = onHangUp(() => {
    complaint = undefined
    void lookOrComplain()
  })
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      hangUp[Symbol.dispose]()
    },
  }
}

async function readPems({ certificate, key, clientAuthority }: TlsFiles): Promise<TlsPems> {
  return {
    certificate: await readFile(certificate, 'utf8'),
    key: await readFile(key, 'utf8'),
    ...(clientAuthority !== undefined && {
      clientAuthority: await readFile(clientAuthority, 'utf8'),
    }),
  }
}

function tokenOf({ certificate, key, clientAuthority }: TlsPems): string {
  return JSON.stringify([certificate, key, clientAuthority])
}
