import type { DescField, DescMessage } from '@bufbuild/protobuf'

/** Fields from a message to a field of it or of a nested message, at least one. */
export type FieldPath = readonly DescField[]

const known = new WeakMap<DescMessage, ReadonlyMap<string, DescField>>()

/**
 * Returns the fields of a path such as `movie.releaseDate`, whose names are those of the proto or
 * of its JSON. Returns `undefined` when there is no such field.
 */
export function fieldPathOf(desc: DescMessage, text: string): FieldPath | undefined {
  const path: DescField[] = []
  let message: DescMessage | undefined = desc
  for (const name of text.split('.')) {
    const field: DescField | undefined = message && fieldsOf(message).get(name)
    if (field === undefined) return undefined
    path.push(field)
    message = field.fieldKind === 'message' && !isText(field.message) ? field.message : undefined
  }
  return path
}

const texts = /^google\.protobuf\.(?:Timestamp|Duration|FieldMask)$/

/** These types are one text. Their fields alone could make a message that has no text. */
function isText({ typeName }: DescMessage): boolean {
  return texts.test(typeName)
}

/** Returns the name of a path in the proto: `movie.release_date`. */
export function nameOf(path: FieldPath): string {
  return path.map(({ name }) => name).join('.')
}

function fieldsOf(desc: DescMessage): ReadonlyMap<string, DescField> {
  let fields = known.get(desc)
  if (fields === undefined) {
    fields = new Map(desc.fields.flatMap((field) => namesOf(field).map((name) => [name, field])))
    known.set(desc, fields)
  }
  return fields
}

function namesOf({ name, jsonName }: DescField): string[] {
  return [jsonName, name]
}
