import type { DescMessage } from '@bufbuild/protobuf'
import type { ReflectMessage } from '@bufbuild/protobuf/reflect'
import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '@marquee/connect-hono/errors/rpc-reasons'
import { quoted } from '@marquee/connect-hono/errors/text'
import { checkQuery } from '@marquee/connect-hono/protobuf/utf8'
import { type FieldPath, fieldPathOf, nameOf } from '../field-path.ts'
import { assign } from './assign.ts'

/** Fields that a query cannot set, by name, with the reason: "it is in the path". */
export type Taken = ReadonlyMap<string, string>

/**
 * Sets the fields that the query names: `page_size=5&movie.genres=Drama&movie.genres=War`. Throws
 * `INVALID_ARGUMENT` for a parameter that is no field, or whose field comes from elsewhere.
 * @param target Path and query of the request.
 */
export function assignQuery(root: ReflectMessage, target: string, taken: Taken): void {
  const start = target.indexOf('?')
  if (start < 0 || start === target.length - 1) return
  checkQuery(target)
  requireEncoded(target.slice(start))
  const values = new Map<string, { path: FieldPath; texts: string[] }>()
  for (const [parameter, text] of new URLSearchParams(target.slice(start))) {
    const path = pathOf(root.desc, parameter, taken)
    const name = nameOf(path)
    const known = values.get(name)
    if (known === undefined) values.set(name, { path, texts: [text] })
    else known.texts.push(text)
  }
  for (const { path, texts } of values.values()) assign(root, path, texts)
}

function pathOf(desc: DescMessage, parameter: string, taken: Taken): FieldPath {
  const path = fieldPathOf(desc, parameter)
  if (path === undefined) throw refused(parameter, 'is not known here')
  const [first] = path
  const reason = taken.get(nameOf(path)) ?? taken.get(first?.name ?? '') ?? taken.get('*')
  if (reason !== undefined) throw refused(parameter, reason)
  return path
}

/** Otherwise `URLSearchParams` would take a malformed encoding for text. */
function requireEncoded(query: string): void {
  const [malformed] = /%(?![\da-f]{2}).{0,2}/i.exec(query) ?? []
  if (malformed === undefined) return
  const reason = `the query has ${quoted(malformed)}, which is no percent-encoding: send %25 for %`
  throw withReason(new ConnectError(reason, Code.InvalidArgument), 'MESSAGE_MALFORMED')
}

function refused(parameter: string, reason: string): ConnectError {
  const text = `the parameter ${quoted(parameter)} ${reason}: leave it out`
  const error = new ConnectError(text, Code.InvalidArgument)
  return withReason(error, 'PARAMETER_INVALID', { parameter })
}
