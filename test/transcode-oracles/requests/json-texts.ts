import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { fieldTexts, texts } from './values.ts'

/** Values that fit few fields. */
const others = [
  'null',
  'true',
  '1',
  '"a"',
  '[]',
  '{}',
  '[null]',
  '{"a":1}',
  '1.5',
  '-1',
  '"1"',
  '""',
]

/** JSON texts that are malformed, or that are no object. */
const wholes = [
  ...[
    '',
    ' ',
    'null',
    '[]',
    '"x"',
    '1',
    'true',
    '{',
    '}',
    '{}x',
    '{}{}',
    '{} ',
    '\n{}\n',
    '{"a":1,}',
  ],
  ...["{'a':1}", '{a:1}', '{"text":}', '\ufeff{}', '{"text":"\\ud800"}', '{"text":"\\u0000"}'],
  ...['{"text":"\t"}', '{"text":"\\x"}', '{"text":"a","text":"b"}', '{"large":1,"large":2}'],
  ...['/**/{}', '{"small":01}', '{"real":.5}', '{"real":NaN}', '[{}]', '{"nope":{"a":[1,{}]}}'],
  ...['{"snakeCase":"a","snake_case":"b"}', '{"renamed":"a"}', '{"@type":"a"}', '{"":1}'],
]

/** JSON texts of a field that is the whole body, or of the message for a body of all fields. */
export function bodyTexts(desc: DescMessage, field: DescField | undefined): fc.Arbitrary<string> {
  const fitting = field === undefined ? messageJson(desc, 3) : fieldJson(field, 3)
  return fc.oneof(
    { weight: 8, arbitrary: fitting },
    { weight: 1, arbitrary: fc.constantFrom(...wholes) },
  )
}

function messageJson(desc: DescMessage, depth: number): fc.Arbitrary<string> {
  if (desc.typeName === 'google.protobuf.ListValue') return fc.constantFrom('[]', '[1,"a",[null]]')
  if (desc.typeName === 'google.protobuf.Struct') return documents
  if (desc.typeName === 'google.protobuf.Value')
    return fc.oneof(documents, fc.constantFrom(...others))
  if (desc.typeName.startsWith('google.protobuf.')) return valueJson(desc.typeName)
  if (depth === 0) return fc.constant('{}')
  const members = desc.fields.map((field) =>
    fc
      .tuple(
        fc.constantFrom(field.jsonName, field.jsonName, field.name),
        fieldJson(field, depth - 1),
      )
      .map(([name, value]) => `${JSON.stringify(name)}:${value}`),
  )
  if (members.length === 0) return fc.constant('{}')
  const unknown = fc.constantFrom(...others).map((value) => `"unknownField":${value}`)
  const member = fc.oneof({ weight: 20, arbitrary: fc.oneof(...members) }, unknown)
  return fc.array(member, { maxLength: 4 }).map((all) => `{${all.join(',')}}`)
}

const documents = fc.oneof(
  fc.constantFrom('{}', '{"a":null}', '{"a":{"b":[1,2.5,"c",true]}}', '{"":""}', '{"a":1e400}'),
  fc.json({ maxDepth: 2 }).filter((text) => text.startsWith('{')),
)

function valueJson(typeName: string): fc.Arbitrary<string> {
  const field = { message: { typeName } } as DescField
  return quotedOrNot(fieldTexts(field))
}

function fieldJson(field: DescField, depth: number): fc.Arbitrary<string> {
  const fitting = fittingJson(field, depth)
  return fc.oneof(
    { weight: 12, arbitrary: fitting },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  )
}

function fittingJson(field: DescField, depth: number): fc.Arbitrary<string> {
  if (field.fieldKind === 'map') {
    const keys =
      field.mapKey === ScalarType.STRING ? texts : fc.constantFrom('1', '-5', 'x', '1.0', '')
    const entry = fc.tuple(keys, itemJson(field, depth))
    return fc
      .uniqueArray(entry, { maxLength: 3, selector: ([key]) => key })
      .map((all) => `{${all.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`)
  }
  if (field.fieldKind !== 'list') return itemJson(field, depth)
  return fc.array(itemJson(field, depth), { maxLength: 3 }).map((all) => `[${all.join(',')}]`)
}

function itemJson(field: DescField, depth: number): fc.Arbitrary<string> {
  if (field.message !== undefined) return messageJson(field.message, depth)
  if (field.scalar === ScalarType.STRING) return texts.map((text) => JSON.stringify(text))
  return quotedOrNot(fieldTexts(field))
}

/** Numbers may have quotes or not. A text that is no JSON without them has them. */
function quotedOrNot(values: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(values, fc.boolean()).map(([text, isQuoted]) => {
    const isBare =
      !isQuoted && /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$|^true$|^false$/.test(text)
    return isBare ? text : JSON.stringify(text)
  })
}
