import { toJsonString } from '@bufbuild/protobuf'
import type { Call } from './call.ts'
import { shellQuote } from './shell-quote.ts'

/**
 * The call as a grpcurl command. It always uses gRPC, and it takes an address without a path. See
 * `directAddress`.
 */
export function grpcurlCommand(call: Call, address: URL): string {
  const { options, messages, method, registry } = call
  const port = address.port || (address.protocol === 'https:' ? '443' : '80')
  const seconds = options.timeoutMs === undefined ? [] : [`-max-time ${options.timeoutMs / 1000}`]
  const data = messages.map((message) => toJsonString(method.input, message, { registry }))
  return [
    ['grpcurl', ...(address.protocol === 'https:' ? [] : ['-plaintext']), ...seconds].join(' '),
    ...options.headers.map(([name, value]) => `-H ${shellQuote(`${name}: ${value}`)}`),
    // Without -d the call would have no message, which only a stream allows.
    `-d ${shellQuote(data.join(' '))}`,
    `${shellQuote(`${address.hostname}:${port}`)} ${method.parent.typeName}/${method.name}`,
  ].join(' \\\n  ')
}
