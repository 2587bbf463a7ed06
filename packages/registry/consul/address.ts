import { readFile } from 'node:fs/promises'
import type { ConsulAddress, ConsulTls } from './client.ts'
import type { ConsulServiceOptions } from './service.ts'

/** Configuration of a registry in Consul. */
export interface ConsulConfig extends ConsulServiceOptions {
  /** URL of the HTTP API: `http://127.0.0.1:8500`. */
  readonly url: string
  readonly token?: string | undefined
  /** File that holds the token. It takes precedence over `token`, as in Consul's own command. */
  readonly tokenFile?: string | undefined
  /** `user:password`. */
  readonly httpAuth?: string | undefined
  readonly namespace?: string | undefined
  readonly caFile?: string | undefined
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
  readonly tlsServerName?: string | undefined
  readonly verifiesTls: boolean
  /**
   * Time that missing instances are kept after an outage of Consul, in milliseconds: see
   * `createSnapshot`.
   */
  readonly graceMs: number
  /** Time that a query waits for a change, in milliseconds. */
  readonly waitMs: number
}

/**
 * Reads the files that the configuration names. Rejects with an error that names the file when one
 * cannot be read.
 */
export async function readAddress(config: ConsulConfig): Promise<ConsulAddress> {
  const { url, token, tokenFile, httpAuth, namespace } = config
  const fileToken = await readOptional(tokenFile)
  return { url, token: fileToken?.trim() ?? token, httpAuth, namespace, tls: await readTls(config) }
}

async function readTls(config: ConsulConfig): Promise<ConsulTls> {
  return {
    ca: await readOptional(config.caFile),
    cert: await readOptional(config.certFile),
    key: await readOptional(config.keyFile),
    serverName: config.tlsServerName,
    verifies: config.verifiesTls,
  }
}

async function readOptional(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new Error(`cannot read a file for Consul: ${(cause as Error).message}`, { cause })
  }
}
