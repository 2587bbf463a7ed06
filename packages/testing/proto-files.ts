import { clone, type DescFile } from '@bufbuild/protobuf'
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'

/** Beginnings of the names of protos whose options only our own code reads. */
export const ownOptions: readonly string[] = ['access/', 'buf/validate/', 'cache/']

/**
 * Returns the descriptors of protos, each after those that it imports, for a generator of code.
 * @param leftOut Beginnings of the names of imported protos that the code does not need.
 */
export function withImports(
  files: readonly DescFile[],
  leftOut: readonly string[],
): FileDescriptorProto[] {
  const isLeftOut = (name: string) => leftOut.some((start) => name.startsWith(start))
  const found = new Map<string, FileDescriptorProto>()
  function add({ proto, dependencies }: DescFile): void {
    if (found.has(proto.name) || isLeftOut(proto.name)) return
    for (const dependency of dependencies) add(dependency)
    const copy = clone(FileDescriptorProtoSchema, proto)
    copy.dependency = copy.dependency.filter((name) => !isLeftOut(name))
    found.set(proto.name, copy)
  }
  for (const file of files) add(file)
  return [...found.values()]
}
