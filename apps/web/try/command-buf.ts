import { toJsonString } from '@bufbuild/protobuf'
import type { Call } from './call.ts'
import { shellQuote } from './shell-quote.ts'

/** The call as a `buf curl` command, over the chosen protocol. */
export function bufCommand(call: Call): string {
  const { baseUrl, options, messages, method, registry } = call
  const data = messages.map((message) => toJsonString(method.input, message, { registry }))
  const url = `${baseUrl}/${method.parent.typeName}/${method.name}`
  const header = ([name, value]: readonly [string, string]) =>
    `-H ${shellQuote(csvQuote(`${name}: ${value}`))}`
  return [
    `buf curl --protocol ${options.protocol === 'connect' ? 'connect' : 'grpcweb'}`,
    ...options.headers.map(header),
    shellQuote(url),
    `-d ${shellQuote(data.join(' '))}`,
  ].join(' \\\n  ')
}

/** Quotes the value of -H as CSV, because buf splits it at commas. */
function csvQuote(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
