import { toJsonString } from '@bufbuild/protobuf'
import type { Call } from './call.ts'
import { shellQuote } from './shell-quote.ts'

/** The call as a `buf curl` command, by the protocol that is chosen. */
export function bufCommand(call: Call): string {
  const { baseUrl, options, messages, method, registry } = call
  const data = messages.map((message) => toJsonString(method.input, message, { registry }))
  const url = `${baseUrl}/${method.parent.typeName}/${method.name}`
  const header = ([name, value]: readonly [string, string]) =>
    ` -H ${shellQuote(csvField(`${name}: ${value}`))}`
  return [
    `buf curl --protocol ${options.protocol === 'connect' ? 'connect' : 'grpcweb'}`,
    ...options.headers.map(header),
    ` ${shellQuote(url)} -d ${shellQuote(data.join(' '))}`,
  ].join('')
}

/** buf splits the value of -H at commas, unless it is quoted as in a CSV file. */
function csvField(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
