import { type DescField, type JsonObject, ScalarType } from '@bufbuild/protobuf'

/** The map with an entry under another key, in its old place; unchanged when the key is taken. */
export function renamedEntry(map: JsonObject, key: string, next: string): JsonObject {
  if (next in map) return map
  return Object.fromEntries(
    Object.entries(map).map(([name, value]) => [name === key ? next : name, value]),
  )
}

/** A key for a new entry that is not in the map yet. */
export function freeKey(map: JsonObject, field: DescField): string {
  const mapKey = field.fieldKind === 'map' ? field.mapKey : undefined
  if (mapKey === ScalarType.BOOL) return 'false' in map ? 'true' : 'false'
  const prefix = mapKey === ScalarType.STRING ? 'key' : ''
  let number = Object.keys(map).length + 1
  while (`${prefix}${number}` in map) number++
  return `${prefix}${number}`
}
