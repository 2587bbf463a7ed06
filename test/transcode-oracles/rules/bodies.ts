import { isDeepStrictEqual } from 'node:util'
import { fromBinary, isFieldSet, toBinary } from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import { bindingsOf } from '@marquee/transcode/binding'
import { meanSame } from '../differences.ts'
import type { Json, Outcome } from '../outcome.ts'
import { bodyOf, both, type Comparison, isAccepted, type Rule, refusalOf } from './rule.ts'

/** Differences of bodies that both oracles have. */
export const bodyRules: readonly Rule[] = [
  {
    name: 'an empty body sets no field, and the field of the body to an empty message there',
    example: 'PUT /v1/items/a/nested',
    applies: ({ ours, theirs, sent }) => !sent.ours.body?.length && withoutBody(ours, theirs),
  },
  {
    name: 'a PATCH that sends no update_mask has the fields that its body names in it',
    example: 'PATCH /v1/nested/a {"deeper":{}}',
    applies: ({ ours, theirs, sent }) =>
      sent.ours.method === 'PATCH' &&
      hasMask(ours) &&
      theirs.call !== undefined &&
      !hasMask(theirs),
  },
  {
    name: 'a field mask in a body may have any text',
    example: 'POST /v1/all {"mask":"a,,b"}',
    applies: ({ ours, theirs }) =>
      ours.call !== undefined &&
      /FieldMask\.paths contains invalid path/.test(theirs.error?.message ?? ''),
  },
  {
    name: 'a whole number in quotes has digits only',
    example: 'POST /v1/all {"large":"1e3"}',
    applies: (comparison) =>
      isAccepted(comparison) && /expected (?:bigint|number) \(/.test(refusalOf(comparison)),
  },
  {
    name: 'a number in a document may be beyond a double',
    example: 'PUT /v1/documents {"a":1e400}',
    applies: ({ ours, theirs }) =>
      ours.call !== undefined &&
      /invalid google\.protobuf\.Value: -?\d/.test(theirs.error?.message ?? ''),
  },
  {
    name: 'the number -0 is 0 in JSON',
    example: 'GET /v1/real/-0/1',
    applies: (comparison) =>
      isDeepStrictEqual(comparison.differences, ['messages']) &&
      comparison.theirs.messages.some((json) => !isDeepStrictEqual(json, withoutMinusZero(json))) &&
      haveSameMeaning(comparison, withoutMinusZero),
  },
  {
    name: 'a float of a body keeps the digits of a double in JSON',
    example: 'POST /v1/all {"single":5e-324}',
    applies: (comparison) =>
      /\de-\d/i.test(bodyOf(comparison.sent.ours)) &&
      isDeepStrictEqual(comparison.differences, ['messages']) &&
      haveSameMeaning(comparison),
  },
  {
    name: 'a duration may begin with zeros in a body',
    example: 'POST /v1/all {"within":"01s"}',
    applies: ({ ours, theirs }) =>
      ours.call !== undefined &&
      /invalid google\.protobuf\.Duration value "-?0\d/.test(theirs.error?.message ?? ''),
  },
  {
    name: 'a number in quotes may have spaces, a plus, zeros, or a point at an end, in a body',
    example: 'POST /v1/all {"real":"+1"}',
    applies: ({ ours, theirs }) =>
      ours.call !== undefined && isLooseNumber(theirs.error?.message ?? ''),
  },
  {
    name: 'a byte order mark before a body is skipped',
    example: 'POST /v1/all \ufeff{}',
    applies: ({ sent }) => bodyOf(sent.ours).startsWith('\ufeff'),
    rewrite: both((request) => ({
      ...request,
      body: Buffer.from(bodyOf(request).replace(/^\ufeff/, '')),
    })),
  },
  {
    name: 'an unknown field may come once in a body, and several times there',
    example: 'POST /v1/all {"unknown":1,"unknown":2}',
    applies: (comparison) =>
      /duplicate object key/.test(refusalOf(comparison)) && isAccepted(comparison),
  },
  {
    name: 'an unknown field may have half a surrogate pair in a body',
    example: 'POST /v1/all {"unknown":"\\ud800"}',
    applies: ({ sent, ours, theirs }) =>
      ours.call !== undefined &&
      bodyOf(sent.ours).includes('\\ud800') &&
      /unexpected EOF|invalid escape code/.test(theirs.error?.message ?? ''),
  },
]

/** Returns whether the requests are the same but for an empty message in the field of the body. */
function withoutBody(ours: Outcome, theirs: Outcome): boolean {
  if (ours.call === undefined || theirs.call?.rpc !== ours.call.rpc) return false
  const { rpc, request } = theirs.call
  const fields = bindingsOf(rpc).flatMap(({ body }) => (typeof body === 'object' ? [body] : []))
  return fields.some((field) => {
    const copy = fromBinary(rpc.input, toBinary(rpc.input, request))
    if (!isFieldSet(copy, field)) return false
    reflect(rpc.input, copy).clear(field)
    return isDeepStrictEqual(copy, ours.call?.request)
  })
}

/** Returns whether JavaScript takes a text that the oracle refuses for a number. */
function isLooseNumber(message: string): boolean {
  const pattern = /invalid value for (?:\w+(?:32|64)|float|double) field \w+: "(.*)"$/
  const [, text] = pattern.exec(message) ?? []
  return text !== undefined && text.trim() !== '' && Number.isFinite(Number(text))
}

/** Returns the value with 0 for -0. */
function withoutMinusZero(json: Json): Json {
  return JSON.parse(JSON.stringify(json))
}

/** Returns whether the messages are the same in binary. */
function haveSameMeaning(
  { ours, theirs }: Comparison,
  change: (json: Json) => Json = (json) => json,
): boolean {
  const { call } = ours
  return (
    call !== undefined &&
    ours.messages.length === theirs.messages.length &&
    ours.messages.every((one, index) =>
      meanSame(call.rpc, one, change(theirs.messages[index] as Json)),
    )
  )
}

/** Returns whether the handler got a field mask named `update_mask`. */
function hasMask({ call }: Outcome): boolean {
  const mask = call?.rpc.input.fields.find(({ name }) => name === 'update_mask')
  return call !== undefined && mask !== undefined && isFieldSet(call.request, mask)
}
