import type { Call } from './call.ts'
import { type HttpRequest, httpRequestOf } from './http-request.ts'
import { printfWord, shellQuote } from './shell-quote.ts'

/** The call as a curl command for a POSIX shell, with the same bytes that the page sends. */
export function curlCommand(call: Call): string {
  const request = httpRequestOf(call)
  const { format } = call.options
  // Control characters in the response would garble a terminal.
  const tail = format === 'binary' ? ' | od -c' : request.enveloped ? ' | cat -v' : ''
  const isText = format === 'json' && !request.enveloped
  const flags = request.enveloped ? '-sSN' : '-sS'
  const head = `curl ${flags} ${shellQuote(request.url)}`
  const headers = request.headers
    .map(([name, value]) => ` \\\n  -H ${shellQuote(headerText(name, value))}`)
    .join('')
  return `${bodyPipe(request, isText)}${head}${headers}${bodyFlag(request, isText)}${tail}`
}

function bodyPipe({ body }: HttpRequest, isText: boolean): string {
  return body === undefined || isText ? '' : `printf ${printfWord(body)} |\n`
}

function bodyFlag({ body }: HttpRequest, isText: boolean): string {
  if (body === undefined) return ''
  return isText
    ? ` \\\n  -d ${shellQuote(new TextDecoder().decode(body))}`
    : ' \\\n  --data-binary @-'
}

/** A header in curl's syntax: one without a value ends in a semicolon (curl(1), -H). */
function headerText(name: string, value: string): string {
  return value === '' ? `${name};` : `${name}: ${value}`
}
