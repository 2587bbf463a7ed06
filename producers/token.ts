import { readFile } from 'node:fs/promises'
import type { Interceptor } from '@connectrpc/connect'
import { defaults } from './config.ts'
import { UsageError } from './program.ts'

/** Returns the token of the next call, or `undefined` when calls have none. */
export type ReadToken = () => Promise<string | undefined>

export const noToken: ReadToken = async () => undefined

/** Flag of programs that call services. */
export const tokenFlags = { 'token-file': { type: 'string' } } as const

/** Help text of this flag. */
export const tokenHelp = `--token-file PATH
                   file of the token for services with --auth-issuer; MARQUEE_TOKEN without it. It is
                   read again for each call, so that another program can renew it.`

/**
 * Returns the source of the tokens: the file of the flag, or else the variable `MARQUEE_TOKEN`. A
 * file that cannot be read fails here, before a call.
 */
export async function readTokens(
  values: { readonly 'token-file'?: string | undefined },
  variable = defaults.token,
): Promise<ReadToken> {
  const path = values['token-file']
  const token = variable?.trim() || undefined
  if (path === undefined) {
    if (token !== undefined) requireToken(token, 'MARQUEE_TOKEN')
    return async () => token
  }
  const read = async () => {
    const text = (await readFile(path, 'utf8')).trim()
    requireToken(text, path)
    return text
  }
  await read().catch((cause: Error) => {
    throw cause instanceof UsageError ? cause : new UsageError(`--token-file: ${cause.message}`)
  })
  return read
}

/** Refuses a text that no header can have. The message does not contain it. */
function requireToken(text: string, source: string): void {
  if (/^[\w.~+/-]+=*$/.test(text)) return
  throw new UsageError(`${source} has no token: it must be one word, without "Bearer"`)
}

/** Sends the token with each call. */
export function sendToken(readToken: ReadToken): Interceptor {
  return (next) => async (request) => {
    const token = await readToken()
    if (token !== undefined) request.header.set('authorization', `Bearer ${token}`)
    return next(request)
  }
}
