import type {
  DescriptorProto,
  EnumDescriptorProto,
  FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'

/**
 * Returns the full names of everything that a file declares: types, fields, oneofs, extensions,
 * services, methods and enum values. Enum values are siblings of their enum:
 * `movie.v1.RATING_STATUS_RATED`
 * (https://protobuf.com/docs/language-spec#fully-qualified-names).
 */
export function* symbolsOf(file: FileDescriptorProto): Generator<string> {
  const nameIn = scope(file.package)
  for (const type of file.messageType) yield* ofMessage(type, nameIn(type.name))
  for (const type of file.enumType) yield* ofEnum(type, nameIn)
  for (const { name } of file.extension) yield nameIn(name)
  for (const service of file.service) {
    const nameInService = scope(nameIn(service.name))
    yield nameIn(service.name)
    for (const { name } of service.method) yield nameInService(name)
  }
}

function* ofMessage(type: DescriptorProto, fullName: string): Generator<string> {
  const nameIn = scope(fullName)
  yield fullName
  for (const { name } of [...type.field, ...type.oneofDecl, ...type.extension]) yield nameIn(name)
  for (const nested of type.nestedType) yield* ofMessage(nested, nameIn(nested.name))
  for (const nested of type.enumType) yield* ofEnum(nested, nameIn)
}

function* ofEnum(type: EnumDescriptorProto, nameIn: (name: string) => string): Generator<string> {
  yield nameIn(type.name)
  for (const { name } of type.value) yield nameIn(name)
}

function scope(name: string): (inner: string) => string {
  return name === '' ? (inner) => inner : (inner) => `${name}.${inner}`
}
