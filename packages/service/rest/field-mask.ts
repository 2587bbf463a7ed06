import type { DescField, DescMessage, MessageShape } from '@bufbuild/protobuf'
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect'
import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '@marquee/connect-hono/errors/rpc-reasons'
import { quoted } from '@marquee/connect-hono/errors/text'

/** Fields of a message to change, and their new values. */
export interface Mask<Desc extends DescMessage> {
  /** True when no field changes. */
  readonly isEmpty: boolean
  /** Changes the fields. One without a new value becomes empty. */
  apply(message: MessageShape<Desc>): void
}

export interface MaskOptions {
  /**
   * Names of fields as in the proto, also of nested messages: `external_ids.imdb`. `*` for all
   * fields. Default: the fields that have a value.
   */
  readonly paths?: readonly string[] | undefined
  /** Fields that stay as they are. */
  readonly kept: ReadonlySet<string>
}

/**
 * Creates the mask of an update (AIP-134). Throws `INVALID_ARGUMENT` for a path that is no field.
 * @param values Message with the new values.
 */
export function createMask<Desc extends DescMessage>(
  desc: Desc,
  values: MessageShape<Desc> | undefined,
  { paths = [], kept }: MaskOptions,
): Mask<Desc> {
  const source = values === undefined ? reflect(desc) : reflect(desc, values)
  const named = paths.length > 0 ? paths.flatMap((path) => fieldsAt(desc, path)) : setFields(source)
  const changed = named.filter(([field]) => !kept.has((field as DescField).name))
  return {
    isEmpty: changed.length === 0,
    apply(message) {
      const target = reflect(desc, message)
      for (const path of changed) copy(source, target, path)
    },
  }
}

type FieldPath = readonly DescField[]

function fieldsAt(desc: DescMessage, path: string): FieldPath[] {
  if (path === '*') return desc.fields.map((field) => [field])
  const fields: DescField[] = []
  let message: DescMessage | undefined = desc
  for (const name of path.split('.')) {
    const field: DescField | undefined = message?.fields.find((one) => one.name === name)
    if (field === undefined) throw unknownPath(path)
    fields.push(field)
    message = field.fieldKind === 'message' ? field.message : undefined
  }
  return [fields]
}

function unknownPath(path: string): ConnectError {
  const text = `update_mask has ${quoted(path)}: send names of fields, such as "title"`
  const error = new ConnectError(text, Code.InvalidArgument)
  return withReason(error, 'FIELD_INVALID', { field: 'update_mask', rule: 'field_mask' })
}

/** Returns the fields that have a value, those of nested messages one by one. */
function setFields(message: ReflectMessage): FieldPath[] {
  return message.fields
    .filter((field) => message.isSet(field))
    .flatMap((field): FieldPath[] => {
      if (field.fieldKind !== 'message') return [[field]]
      const nested = setFields(message.get(field))
      return nested.length === 0 ? [[field]] : nested.map((path) => [field, ...path])
    })
}

function copy(source: ReflectMessage, target: ReflectMessage, path: FieldPath): void {
  const [field, ...rest] = path as [DescField, ...DescField[]]
  if (rest.length > 0 && field.fieldKind === 'message') {
    if (!source.isSet(field) && !target.isSet(field)) return
    const child = target.get(field)
    copy(source.get(field), child, rest)
    target.set(field, child)
  } else if (source.isSet(field)) target.set(field, source.get(field))
  else target.clear(field)
}
