import { create, createFileRegistry, type FileRegistry } from '@bufbuild/protobuf'
import { type FileDescriptorProto, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'

/** The types of the files, which may come in any order and repeat. Throws when an import is missing. */
export function registryOf(files: readonly FileDescriptorProto[]): FileRegistry {
  const file = importedFirst(files)
  return createFileRegistry(create(FileDescriptorSetSchema, { file }))
}

/** Each file once, after its imports: the order in which files are linked. */
function importedFirst(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const byName = new Map(files.map((file) => [file.name, file]))
  const ordered = new Set<FileDescriptorProto>()
  const visited = new Set<string>()
  const visit = (name: string, importer: string) => {
    if (visited.has(name)) return
    visited.add(name)
    const file = byName.get(name)
    if (file === undefined)
      throw new Error(`${importer} imports ${name}, which the response does not contain`)
    for (const dependency of file.dependency) visit(dependency, name)
    ordered.add(file)
  }
  for (const name of byName.keys()) visit(name, 'the service')
  return [...ordered]
}
