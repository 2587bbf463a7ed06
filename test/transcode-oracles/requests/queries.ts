import type { DescField, DescMessage } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { fieldTexts, texts } from './values.ts'

/** Queries for a message, or none. Some parameters are unknown, malformed, or sent twice. */
export function queries(desc: DescMessage): fc.Arbitrary<string> {
  const wrong = fc.oneof(fc.constantFrom(...malformed), unknown)
  const known = desc.fields.length > 0 ? parameters(desc) : wrong
  const parameter = fc.oneof({ weight: 6, arbitrary: known }, { weight: 1, arbitrary: wrong })
  const some = fc.array(parameter, { minLength: 1, maxLength: 4 }).map((all) => `?${all.join('&')}`)
  return fc.oneof({ weight: 2, arbitrary: fc.constant('') }, { weight: 3, arbitrary: some })
}

const malformed = [
  ...[
    '',
    '=',
    '=x',
    'text',
    'text=a=b',
    'text=%zz',
    'text=%',
    'text=%ff',
    '%zz=a',
    'text=a;tags=b',
  ],
  ...['text=a+b', 'te%78t=a', 'tags=', 'text=%00', 'text=%C3%A9', 'text=%c3', 'flag', 'small='],
]
const unknownNames = [
  ...['nope', 'nested.nope', 'text.nope', 'tags.nope', 'labels.a', 'branches.text', 'nested..text'],
  ...['TEXT', 'nested.', '.text', 'labels[a]', 'tags[]', 'tags[0]', 'place', 'unknown.a.b', 'Text'],
]
const unknown = fc
  .tuple(fc.constantFrom(...unknownNames), texts)
  .map(([name, text]) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`)

/** One field, sometimes twice, also by both of its names. */
function parameters(desc: DescMessage): fc.Arbitrary<string> {
  return fieldPaths(desc).chain((path) => {
    const field = path.at(-1) as DescField
    const names = fc.constantFrom(
      path.map(({ name }) => name).join('.'),
      path.map(({ jsonName }) => jsonName).join('.'),
    )
    const one = fc
      .tuple(names, fieldTexts(field), fc.boolean())
      .map(([name, text, hasPlus]) => `${name}=${encode(text, hasPlus)}`)
    const count =
      field.fieldKind === 'list' ? { weight: 1, maxLength: 3 } : { weight: 8, maxLength: 2 }
    const several = fc.array(one, { minLength: 1, maxLength: count.maxLength })
    return fc.oneof(
      { weight: count.weight, arbitrary: one },
      { weight: 1, arbitrary: several.map((all) => all.join('&')) },
    )
  })
}

function fieldPaths(desc: DescMessage, depth = 3): fc.Arbitrary<readonly DescField[]> {
  return fc.constantFrom(...desc.fields).chain((field): fc.Arbitrary<readonly DescField[]> => {
    const isNested = field.fieldKind === 'message' && depth > 1 && field.message.fields.length > 0
    if (!isNested) return fc.constant([field])
    const deeper = fieldPaths(field.message, depth - 1).map((path) => [field, ...path])
    const isOwn = !field.message.typeName.startsWith('google.protobuf.')
    const weights = isOwn ? [4, 1] : [1, 8]
    return fc.oneof(
      { weight: weights[0] as number, arbitrary: deeper },
      { weight: weights[1] as number, arbitrary: fc.constant([field]) },
    )
  })
}

function encode(text: string, hasPlus: boolean): string {
  const encoded = encodeURIComponent(text)
  return hasPlus ? encoded.replaceAll('%20', '+') : encoded
}
