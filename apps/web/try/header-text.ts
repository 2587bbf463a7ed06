import type { HttpHeader } from './call.ts'

export function headerText(headers: readonly HttpHeader[]): string {
  return headers.map(([name, value]) => `${name}: ${value}`).join('\n')
}

/** Parses lines of `name: value`; ignores empty ones. */
export function parseHeaderText(
  text: string,
): { readonly headers: readonly HttpHeader[] } | { readonly problem: string } {
  const headers: HttpHeader[] = []
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    const [, name = '', value = ''] = /^\s*([^:\s]+)\s*:(.*)$/.exec(line) ?? []
    const problem = problemOf(name, value.trim())
    if (problem) return { problem: `${line.trim()}: ${problem}` }
    headers.push([name.toLowerCase(), value.trim()])
  }
  return { headers }
}

/** A token, RFC 9110 §5.6.2. */
const token = /^[\w!#$%&'*+.^`|~-]+$/

function problemOf(name: string, value: string): string | undefined {
  if (!token.test(name)) return 'write a header as a name, a colon and a value'
  return /^[\t\x20-\x7e]*$/.test(value) ? undefined : 'use only visible ASCII characters in a value'
}
