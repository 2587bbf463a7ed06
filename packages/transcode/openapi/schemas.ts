import type { DescEnum, DescField, DescMessage } from '@bufbuild/protobuf'
import type { FieldPath } from '../field-path.ts'
import { constrain } from './constraints.ts'
import { type Descriptions, describe } from './descriptions.ts'
import { type Schema, scalarSchema, wellKnownSchema } from './json-schema.ts'
import { isRequired, orNothing, rulesOf, ruleTextsOf } from './rules.ts'

/** Writes the schemas of messages and enums into the components of a document. */
export interface Schemas {
  /** All schemas so far, by name. */
  readonly components: Readonly<Record<string, Schema>>
  /** Returns a reference to the schema of a message, which is added. */
  ofMessage(desc: DescMessage): Schema
  /** Returns the schema of a field with its rules and its comment. */
  ofField(field: DescField): Schema
  /**
   * Returns a reference to the schema of a message that has fields elsewhere.
   * @param name Name of the schema.
   * @param without Paths of these fields.
   * @param optional Fields that may be left out in spite of their rules. Default: none.
   */
  ofPart(
    name: string,
    desc: DescMessage,
    without: readonly FieldPath[],
    optional?: readonly DescField[],
  ): Schema
}

/**
 * Creates the schemas of a document. A schema has the name of its type without the package, or with
 * it when another type has that name.
 */
export function createSchemas(descriptions: Descriptions): Schemas {
  const components: Record<string, Schema> = {}
  const names = new Map<DescMessage | DescEnum, string>()
  const nameOf = (desc: DescMessage | DescEnum): string => {
    const known = names.get(desc)
    if (known !== undefined) return known
    const prefix = `${desc.file.proto.package}.`
    const short = desc.typeName.slice(prefix.length)
    const name = [...names.values()].includes(short) ? desc.typeName : short
    names.set(desc, name)
    return name
  }
  function reference(desc: DescMessage | DescEnum, create: () => Schema): Schema {
    const isKnown = names.has(desc)
    const name = nameOf(desc)
    // Set before its fields, which may refer to it.
    if (!isKnown) {
      components[name] = {}
      components[name] = create()
    }
    return { $ref: `#/components/schemas/${name}` }
  }
  function ofMessage(desc: DescMessage): Schema {
    return wellKnownSchema(desc.typeName) ?? reference(desc, () => objectOf(desc, []))
  }
  function ofValue({ scalar, enum: enumeration, message }: DescField): Schema {
    if (message !== undefined) return ofMessage(message)
    if (enumeration !== undefined) return ofEnum(enumeration)
    return scalarSchema(scalar ?? never())
  }
  function ofEnum(desc: DescEnum): Schema {
    return reference(desc, () => ({
      type: 'string',
      enum: desc.values.map(({ name }) => name),
      ...describe(descriptions, desc),
    }))
  }
  function shapeOf(field: DescField): Schema {
    const value = ofValue(field)
    if (field.fieldKind === 'list') return { type: 'array', items: value }
    return field.fieldKind === 'map' ? { type: 'object', additionalProperties: value } : value
  }
  function ofField(field: DescField): Schema {
    const rules = rulesOf(field)
    const schema = { ...constrain(shapeOf(field), rules, field) }
    return { ...orNothing(schema, rules), ...describe(descriptions, field, ruleTextsOf(field)) }
  }
  function objectOf(desc: DescMessage, without: readonly FieldPath[]): Schema {
    const properties: Record<string, Schema> = {}
    const required: string[] = []
    for (const field of desc.fields) {
      const paths = without.filter(([first]) => first === field)
      if (paths.some(({ length }) => length === 1)) continue
      const schema = ofField(field)
      const isPartial = paths.length > 0 && field.fieldKind === 'message'
      properties[field.jsonName] = isPartial
        ? {
            ...objectOf(
              field.message,
              paths.map((path) => path.slice(1)),
            ),
          }
        : schema
      if (isRequired(field, schema)) required.push(field.jsonName)
    }
    return {
      type: 'object',
      ...describe(descriptions, desc, [...oneofTexts(desc), ...ruleTextsOf(desc)]),
      properties,
      ...(required.length > 0 && { required }),
    }
  }
  return {
    components,
    ofMessage,
    ofField,
    ofPart(name, desc, without, optional = []) {
      if (without.length === 0 && optional.length === 0) return ofMessage(desc)
      components[name] = withOptional(objectOf(desc, without), optional)
      return { $ref: `#/components/schemas/${name}` }
    },
  }
}

function withOptional(schema: Schema, optional: readonly DescField[]): Schema {
  const { required = [], ...rest } = schema as { required?: string[] }
  const names = optional.map(({ jsonName }) => jsonName)
  const needed = required.filter((name) => !names.includes(name))
  return needed.length === 0 ? rest : { ...rest, required: needed }
}

function oneofTexts({ oneofs }: DescMessage): string[] {
  return oneofs.map(({ fields }) => {
    const names = fields.map(({ jsonName }) => `\`${jsonName}\``)
    return `Set at most one of ${names.join(', ')}.`
  })
}

function never(): never {
  throw new TypeError('a field has no type')
}
