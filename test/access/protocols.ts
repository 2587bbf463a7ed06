import { connect } from 'node:http2'
import { type DescMethod, fromJson, toBinary, toJsonString } from '@bufbuild/protobuf'
import { bindingsOf } from '@marquee/transcode/binding'

/** Outcome of a call: refused for its credentials, or not. */
export type Verdict = 'passed' | 'unauthenticated' | 'denied'

export interface Attempt {
  /** Origin, with the prefix of a gateway. */
  readonly url: string
  readonly method: DescMethod
  readonly token: string | undefined
  /** Names the user of the request, where it has a `user_id`. */
  readonly userId: string
}

export type Attempts = Readonly<Record<string, (attempt: Attempt) => Promise<Verdict>>>

/** One call by each protocol. A message that is not valid is enough to see that a call passed. */
export const protocols: Attempts = {
  async grpc(attempt) {
    const { url, method, token } = attempt
    const session = connect(new URL(url).origin)
    try {
      return await new Promise<Verdict>((resolve, reject) => {
        session.on('error', reject)
        const stream = session.request({
          ':method': 'POST',
          ':path': `${new URL(url).pathname.replace(/\/$/, '')}${pathOf(method)}`,
          'content-type': 'application/grpc',
          te: 'trailers',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        })
        stream.on('error', reject)
        const judge = (headers: { 'grpc-status'?: string | string[] }) => {
          const status = headers['grpc-status']
          if (status !== undefined) resolve(verdictOf(Number(status)))
        }
        stream.on('response', judge).on('trailers', judge)
        stream.on('data', () => resolve('passed'))
        stream.end(envelope(messageOf(attempt)))
      })
    } finally {
      session.destroy()
    }
  },

  async 'grpc-web'(attempt) {
    const response = await post(attempt, 'application/grpc-web+proto', envelope(messageOf(attempt)))
    const status = response.headers.get('grpc-status')
    if (status !== null) return verdictOf(Number(status))
    const text = await firstText(response)
    return verdictOf(Number(/grpc-status: *(\d+)/.exec(text)?.[1] ?? 0))
  },

  async connect(attempt) {
    if (attempt.method.methodKind === 'unary') {
      return verdictOfHttp(await post(attempt, 'application/json', jsonOf(attempt)))
    }
    const body = envelope(Buffer.from(jsonOf(attempt)))
    const response = await post(attempt, 'application/connect+json', body)
    if (response.status !== 200) return verdictOfHttp(response)
    const text = await firstText(response)
    const [, code] = /"error":\{"code":"(unauthenticated|permission_denied)"/.exec(text) ?? []
    if (code === undefined) return 'passed'
    return code === 'unauthenticated' ? 'unauthenticated' : 'denied'
  },

  async 'connect-get'(attempt) {
    const { url, method, token } = attempt
    const query = `encoding=json&message=${encodeURIComponent(jsonOf(attempt))}`
    return verdictOfHttp(
      await fetch(`${url}${pathOf(method)}?${query}`, { headers: bearer(token) }),
    )
  },

  /** The routes of metadata and rating are those of movie too: they have no prefix there. */
  async rest(attempt) {
    const { url, method, token, userId } = attempt
    const [binding] = bindingsOf(method)
    if (binding === undefined) throw new Error(`${method.name} has no google.api.http option`)
    const path = binding.template.text.replace(/\{([^}]*)\}/g, (_, name) => {
      if (name === 'user_id') return userId
      return /partition|offset/.test(name) ? '1' : 'm'
    })
    const response = await fetch(new URL(path, url), {
      method: binding.method,
      headers: { 'content-type': 'application/json', ...bearer(token) },
      ...(binding.body !== undefined && { body: '{"value":3}' }),
    })
    return verdictOfHttp(response)
  },
}

export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

export async function verdictOfHttp(response: Response): Promise<Verdict> {
  await response.body?.cancel()
  if (response.status === 401) return 'unauthenticated'
  return response.status === 403 ? 'denied' : 'passed'
}

function verdictOf(grpcStatus: number): Verdict {
  if (grpcStatus === 16) return 'unauthenticated'
  return grpcStatus === 7 ? 'denied' : 'passed'
}

function pathOf({ parent, name }: DescMethod): string {
  return `/${parent.typeName}/${name}`
}

function post({ url, method, token }: Attempt, type: string, body: BodyInit): Promise<Response> {
  const headers = { 'content-type': type, ...bearer(token) }
  return fetch(`${url}${pathOf(method)}`, { method: 'POST', headers, body })
}

function request({ method, userId }: Attempt) {
  const named = method.input.fields.some(({ name }) => name === 'user_id')
  const rating = { recordType: 'movie', recordId: 'm', value: 3 }
  const fields = Object.entries({ ...rating, userId }).filter(([name]) =>
    method.input.fields.some(({ localName }) => localName === name),
  )
  return fromJson(method.input, named ? Object.fromEntries(fields) : {})
}

function messageOf(attempt: Attempt): Uint8Array {
  return toBinary(attempt.method.input, request(attempt))
}

function jsonOf(attempt: Attempt): string {
  return toJsonString(attempt.method.input, request(attempt))
}

function envelope(message: Uint8Array): Buffer<ArrayBuffer> {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** Returns the first part of a body, and ends the call. A watch has no end. */
async function firstText(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  const { value } = (await reader?.read()) ?? {}
  await reader?.cancel()
  return Buffer.from(value ?? []).toString('latin1')
}
