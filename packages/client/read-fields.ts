import type { BinaryReader } from '@bufbuild/protobuf/wire'

/** Reads all fields of a message. `read` returns false for a field that it has not read. */
export function readFields(reader: BinaryReader, read: (field: number) => boolean): void {
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if (!read(field)) reader.skip(wireType, field)
  }
}
