import type { JsonObject, JsonValue } from '@bufbuild/protobuf'
import { moviePath } from '../route.ts'

/** A part of a JSON text, to be shown. The texts of all parts together are the JSON. */
export type JsonPart = string | JsonLink | JsonFold

/** The id of a movie, with the path of its page. */
interface JsonLink {
  readonly kind: 'link'
  readonly text: string
  readonly path: string
}

/** An object or a list, which can be folded. */
export interface JsonFold {
  readonly kind: 'fold'
  /** Its first line, with the bracket. */
  readonly head: string
  readonly parts: readonly JsonPart[]
  /** Number of its items or properties. */
  readonly count: number
}

/** The JSON text in parts, indented by two spaces. Throws when it is no JSON. */
export function jsonParts(text: string): readonly JsonPart[] {
  return valueParts(JSON.parse(text) as JsonValue, {
    indent: '',
    head: '',
    tail: '',
    isMovie: false,
  })
}

interface Place {
  readonly indent: string
  /** Text before the value in its line: the name of the property. */
  readonly head: string
  /** Text after the value: a comma, or nothing. */
  readonly tail: string
  /** True for the id of a movie. */
  readonly isMovie: boolean
}

function valueParts(value: JsonValue, place: Place): JsonPart[] {
  const { indent, head, tail } = place
  const isMany = typeof value === 'object' && value !== null
  const count = isMany ? Object.keys(value).length : 0
  if (isMany && count > 0) {
    const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
    const parts = Array.isArray(value)
      ? itemParts(value, place)
      : propertyParts(value, `${indent}  `)
    const fold = { kind: 'fold', head: `${indent}${head}${open}\n`, parts, count } as const
    return [fold, `${indent}${close}${tail}\n`]
  }
  const text = JSON.stringify(value)
  if (!place.isMovie || typeof value !== 'string') return [`${indent}${head}${text}${tail}\n`]
  return [`${indent}${head}`, { kind: 'link', text, path: moviePath(value) }, `${tail}\n`]
}

function itemParts(items: readonly JsonValue[], { indent, isMovie }: Place): JsonPart[] {
  return items.flatMap((item, index) =>
    valueParts(item, {
      indent: `${indent}  `,
      head: '',
      tail: index < items.length - 1 ? ',' : '',
      isMovie,
    }),
  )
}

function propertyParts(object: JsonObject, indent: string): JsonPart[] {
  const entries = Object.entries(object)
  return entries.flatMap(([name, value], index) =>
    valueParts(value, {
      indent,
      head: `${JSON.stringify(name)}: `,
      tail: index < entries.length - 1 ? ',' : '',
      isMovie: isMovieId(object, name),
    }),
  )
}

/** Returns true for the property that names a movie, by the messages of the services. */
function isMovieId(object: JsonObject, name: string): boolean {
  if (name === 'movieId' || name === 'movieIds') return true
  if (name === 'recordId') return object.recordType === 'movie'
  return name === 'id' && 'title' in object
}
