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

/** Content of the files. */
export type TlsPems = Pick<TlsOptions, 'certificate' | 'key' | 'clientAuthority'>

/** Returns why the port cannot use the content, or `undefined` when it can. */
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

export interface TlsReloadOptions {
  /** `undefined` for a port without TLS. */
  readonly tls: (TlsPems & { readonly files: TlsFiles }) | undefined
  readonly server: { reloadTls(tls: TlsOptions): void }
  /** Calls the listener at SIGHUP, until the result is disposed. */
  readonly onHangUp: (listener: () => void) => Disposable
  readonly log: Logger
  /** Time between two reads of the files, in milliseconds. Default: 5,000. */
  readonly intervalMs?: number
}

/**
 * Reads the TLS files repeatedly and reloads them when they change, because certificates are
 * renewed while the service runs. It does not watch them: in Kubernetes, the files are links to
 * links. When the files cannot be used, the port keeps the earlier ones, and the problem is logged
 * once.
 */
export function followTlsFiles(options: TlsReloadOptions): Disposable {
  const { tls, server, onHangUp, log, intervalMs = 5_000 } = options
  if (tls === undefined) return { [Symbol.dispose]: () => {} }
  const { files } = tls
  let seen = tokenOf(tls)
  let loggedProblem: string | undefined

  async function check(): Promise<void> {
    const pems = await readPems(files)
    const token = tokenOf(pems)
    if (token === seen) return
    const problem = tlsProblem(pems)
    if (problem !== undefined) throw new Error(problem)
    server.reloadTls(pems)
    seen = token
    loggedProblem = undefined
    log.info({ files }, 'reloaded the TLS files')
  }
  const checkOrLog = () =>
    check().catch((err: Error) => {
      if (err.message === loggedProblem) return
      loggedProblem = err.message
      log.error({ err, files }, 'the TLS files cannot be used: the port keeps the earlier ones')
    })

  const timer = setInterval(checkOrLog, intervalMs)
  timer.unref()
  const hangUp = onHangUp(() => {
    loggedProblem = undefined
    void checkOrLog()
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
