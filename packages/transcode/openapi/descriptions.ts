import type { AnyDesc, DescEnum } from '@bufbuild/protobuf'

/** Comments, which descriptors at run time lack, and requests as examples. */
export interface Descriptions {
  /**
   * Comments of the protos, as Markdown, by the full name of what they are about. An enum value has
   * the name `package.Enum.VALUE`.
   */
  readonly comments: Readonly<Record<string, string>>
  /**
   * Requests that succeed, in the JSON of protobuf, by the full name of an RPC. There may be one for
   * each of its routes, in their order; the first one is for routes without one of their own.
   */
  readonly examples: Readonly<Record<string, readonly object[]>>
}

/** Returns a comment and further facts as `description`, or nothing. */
export function describe(
  descriptions: Descriptions,
  desc: AnyDesc,
  facts: readonly string[] = [],
): { description?: string } {
  const values = desc.kind === 'enum' ? valueTexts(descriptions, desc) : []
  const list = [...values, ...facts].map((text) => `- ${text}`).join('\n')
  const parts = [commentOf(descriptions, desc), list].filter((part) => part !== '')
  return parts.length === 0 ? {} : { description: parts.join('\n\n') }
}

/** Returns the comment of a declaration, or an empty text. */
export function commentOf({ comments }: Descriptions, desc: AnyDesc): string {
  return comments[fullNameOf(desc)] ?? ''
}

function valueTexts({ comments }: Descriptions, { typeName, values }: DescEnum): string[] {
  return values.flatMap(({ name }) => {
    const comment = comments[`${typeName}.${name}`]
    return comment === undefined ? [] : [`\`${name}\`: ${comment.replaceAll('\n', ' ')}`]
  })
}

function fullNameOf(desc: AnyDesc): string {
  if (desc.kind === 'file') return desc.name
  if ('typeName' in desc) return desc.typeName
  return desc.kind === 'rpc' || desc.kind === 'field'
    ? `${desc.parent.typeName}.${desc.name}`
    : desc.name
}
