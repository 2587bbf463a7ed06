import { readFile } from 'node:fs/promises'
import type { JSONWebKeySet } from 'jose'

/** Source of the keys of an issuer. */
export type KeySource =
  /** The keys themselves. */
  | { readonly keys: JSONWebKeySet }
  /** A file with a JSON Web Key Set. */
  | { readonly file: string }
  /** The URL of a JSON Web Key Set. */
  | { readonly url: string }
  /** The URL of an issuer that has a discovery document (OpenID Connect Discovery 1.0 §4). */
  | { readonly discovery: string }

const timeoutMs = 5_000
const bytesMax = 512 * 1_024

/** Loads the keys of an issuer. Rejects with the reason. */
export async function loadKeys(source: KeySource): Promise<JSONWebKeySet> {
  if ('keys' in source) return source.keys
  if ('file' in source) return parseKeySet(await readFile(source.file, 'utf8'))
  if ('url' in source) return asKeySet(await fetchJson(source.url))
  const { jwks_uri: url } = await discover(source.discovery)
  if (typeof url !== 'string') throw new Error('the discovery document has no jwks_uri')
  return asKeySet(await fetchJson(url))
}

/** Reads the discovery document of an issuer, which has to name the same issuer (§4.3). */
export async function discover(issuer: string): Promise<Readonly<Record<string, unknown>>> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const found = (await fetchJson(url)) as Record<string, unknown> | null
  if (found?.issuer === issuer) return found
  throw new Error(`${url} names the issuer "${found?.issuer}"`)
}

async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (!response.ok) throw new Error(`${url} responded with ${response.status}`)
  let bytes = 0
  const parts: Uint8Array[] = []
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > bytesMax) throw new Error(`${url} has more than ${bytesMax} bytes`)
    parts.push(part)
  }
  return JSON.parse(Buffer.concat(parts).toString())
}

/** Parses the text of a key file. Throws with the reason when it is no JSON Web Key Set. */
export function parseKeySet(text: string): JSONWebKeySet {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('that is no JSON Web Key Set: it is not JSON')
  }
  return asKeySet(value)
}

function asKeySet(value: unknown): JSONWebKeySet {
  const { keys } = (value ?? {}) as Partial<JSONWebKeySet>
  if (Array.isArray(keys)) return value as JSONWebKeySet
  throw new Error('that is no JSON Web Key Set: it has no list "keys"')
}
