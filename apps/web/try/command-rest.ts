import type { Call } from './call.ts'
import { restRequestOf } from './rest-request.ts'
import { shellQuote } from './shell-quote.ts'

/**
 * The call by REST as a curl command, or `undefined` when no route of the method can express it.
 * @param address Its routes are at its root. See `directAddress`.
 */
export function restCommand(call: Call, address: URL): string | undefined {
  const request = restRequestOf({ ...call, baseUrl: address.origin })
  if (!request) return undefined
  const { verb, url, body } = request
  const { method, options } = call
  const isWatch = method.methodKind === 'server_streaming'
  const isImport = method.methodKind === 'client_streaming'
  const headers = [
    ...(body ? [['content-type', isImport ? 'application/x-ndjson' : 'application/json']] : []),
    ...(isWatch ? [['accept', 'application/x-ndjson']] : []),
    ...options.headers,
  ]
  return [
    `curl ${isWatch ? '-sSN' : '-sS'}${verb === 'GET' ? '' : ` -X ${verb}`} ${shellQuote(url)}`,
    ...headers.map(([name, value]) => `-H ${shellQuote(`${name}: ${value}`)}`),
    ...(body ? [`--data-binary ${shellQuote(body.join('\n'))}`] : []),
  ].join(' \\\n  ')
}
