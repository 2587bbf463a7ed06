import type { DescField, DescMessage, DescService } from '@bufbuild/protobuf'
import { type Binding, bindingsOf } from '@marquee/transcode/binding'
import fc from 'fast-check'
import { failHeader } from '../echo.ts'
import { serviceHeader } from '../gateways.ts'
import type { RawRequest } from '../http-client.ts'
import { bodyTexts } from './json-texts.ts'
import { changedPaths, encodedTexts } from './paths.ts'
import { queries } from './queries.ts'

/** Requests for routes of a service, many of them wrong in one or two ways. */
export function requestsOf(service: DescService): fc.Arbitrary<RawRequest> {
  const bindings = service.methods.flatMap(bindingsOf)
  return fc.constantFrom(...bindings).chain((binding) => requestsFor(service, binding))
}

function requestsFor(service: DescService, binding: Binding): fc.Arbitrary<RawRequest> {
  const { rpc } = binding
  const parts = {
    method: methods(binding),
    path: pathsOf(binding).chain(changedPaths),
    query: queries(rpc.input),
    body: bodies(binding),
    type: rarely(contentTypes, 'application/json'),
    fails: rarely(fc.integer({ min: 1, max: 16 }), undefined),
  }
  return fc.record(parts).map(({ method, path, query, body, type, fails }) => ({
    method,
    target: path + query,
    headers: {
      [serviceHeader]: service.typeName,
      ...(body !== undefined && type !== '' && { 'content-type': type }),
      ...(fails !== undefined && { [failHeader]: String(fails) }),
    },
    body: body === undefined ? undefined : Buffer.from(body),
  }))
}

const contentTypes = fc.constantFrom(
  ...['', 'application/json; charset=utf-8', 'application/json;charset=UTF-8', 'APPLICATION/JSON'],
  ...['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1'],
  ...['application/merge-patch+json', 'application/xml', 'application/grpc', 'nonsense'],
)

const otherMethods = fc.constantFrom(
  ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PURGE', 'NOPE', 'get'],
)

function methods({ method }: Binding): fc.Arbitrary<string> {
  return rarely(otherMethods, method)
}

/** A route without a body rarely has one. */
function bodies({ rpc, body }: Binding): fc.Arbitrary<string | undefined> {
  const field = typeof body === 'object' ? body : undefined
  if (body !== undefined) return rarely(fc.constant(undefined), bodyTexts(rpc.input, field))
  return rarely(bodyTexts(rpc.input, undefined), undefined)
}

/** Returns a path that the template matches, unless a value contains a slash, for example. */
function pathsOf({ rpc, template, variables }: Binding): fc.Arbitrary<string> {
  const parts = template.segments.map((segment, index) => {
    if (segment.kind === 'literal') return fc.constant(segment.text)
    const at = template.variables.findIndex(({ start, end }) => start <= index && index < end)
    const field = variables[at]?.at(-1) ?? textField(rpc.input)
    const one = encodedTexts(field)
    return segment.kind === 'one'
      ? one
      : fc.array(one, { maxLength: 4 }).map((all) => all.join('/'))
  })
  const verb = template.verb === '' ? '' : `:${template.verb}`
  return fc.tuple(...parts).map((all) => `/${all.join('/')}${verb}`)
}

function textField(desc: DescMessage): DescField {
  return desc.fields[0] as DescField
}

/** One in eight values is rare. */
function rarely<T>(rare: fc.Arbitrary<T>, usual: T | fc.Arbitrary<T>): fc.Arbitrary<T> {
  const arbitrary = usual instanceof fc.Arbitrary ? usual : fc.constant(usual)
  return fc.oneof({ weight: 7, arbitrary }, { weight: 1, arbitrary: rare })
}
