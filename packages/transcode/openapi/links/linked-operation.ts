import type { Binding } from '../../binding.ts'
import type { Schema } from '../json-schema.ts'
import type { DocumentPath } from '../paths.ts'

/** An operation of a document, which is linked to others. */
export interface LinkedOperation {
  readonly binding: Binding
  readonly path: DocumentPath
  /** Values of fields that the path stands for, by name. */
  readonly pathFields: Readonly<Record<string, string>>
  readonly operation: Schema
}

/** A link of a response, with its name. */
export type NamedLink = [name: string, link: Schema]

/**
 * Returns a link to an operation.
 * @param parameters Runtime expressions by the place and the name of a parameter: `path.movie_id`.
 */
export function linkTo({ operationId, summary }: Schema, parameters: Schema): NamedLink {
  return [String(operationId), { operationId, description: summary, parameters }]
}

/** Returns whether an operation has a parameter for a header. */
export function takesHeader({ parameters }: Schema, header: string): boolean {
  return (parameters as Schema[]).some(
    ({ name, in: place }) => place === 'header' && name === header,
  )
}

/** Returns the response of an operation that succeeds. */
export function responseOf({ operation }: Pick<LinkedOperation, 'operation'>): Schema {
  return (operation.responses as Record<string, Schema>)[200] as Schema
}

/** Returns the shape of a path before a parameter: `/v1/movies/` or `/v1/records/{}/`. */
export function prefixOf({ text, parameters }: DocumentPath, index: number): string {
  const { name } = parameters[index] as { name: string }
  return text.slice(0, text.indexOf(`{${name}}`)).replace(/\{\w+\}/g, '{}')
}
