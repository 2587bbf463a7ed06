import type { Binding } from '../binding.ts'
import { type FieldPath, nameOf } from '../field-path.ts'

/** Position of a path's parameter: a segment that is no fixed text. */
export interface PathParameter {
  readonly name: string
  /** Field that it sets, or part of its value. `undefined` for `*` without a variable. */
  readonly field: FieldPath | undefined
  /** True for `**`, which takes all segments that follow. */
  readonly isRest: boolean
}

/** A path of a document, in which paths that match the same requests are one. */
export interface DocumentPath {
  /** `/v1/movies/{movie_id}:watch`. */
  readonly text: string
  readonly parameters: readonly PathParameter[]
}

/**
 * Returns the path of a binding, with names for its parameters.
 * @param names Names of the parameters of earlier paths, by shape, so that two paths that differ by
 *   names alone have the same names: OpenAPI does not allow both.
 */
export function pathOf(
  { template, variables }: Binding,
  names: Map<string, string[]>,
): DocumentPath {
  const { segments, verb } = template
  const end = verb === '' ? '' : `:${verb}`
  const shape = segments.map((one) => (one.kind === 'literal' ? one.text : '*')).join('/') + end
  const fields = segments.map((_, index) => {
    const at = template.variables.findIndex(({ start, end }) => index >= start && index < end)
    return at < 0 ? undefined : variables[at]
  })
  const own: string[] = []
  for (const [index, { kind }] of segments.entries()) {
    if (kind !== 'literal') own.push(nameFor(fields[index], index, own))
  }
  const known = names.get(shape) ?? own
  names.set(shape, known)
  const parameters: PathParameter[] = []
  const text = segments.map((segment, index) => {
    if (segment.kind === 'literal') return segment.text
    const name = known[parameters.length] as string
    parameters.push({ name, field: fields[index], isRest: segment.kind === 'rest' })
    return `{${name}}`
  })
  return { text: `/${text.join('/')}${end}`, parameters }
}

function nameFor(field: FieldPath | undefined, index: number, taken: readonly string[]): string {
  const last = field?.at(-1)?.name ?? `segment_${index + 1}`
  if (!taken.includes(last)) return last
  const whole = nameOf(field ?? []).replaceAll('.', '_')
  return taken.includes(whole) || whole === '' ? `${last}_${taken.length + 1}` : whole
}
