/** A segment of a path template: a fixed text, `*` for one segment, or `**` for all that follow. */
export type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'rest' }

/** A variable of a path template, which binds a field. */
export interface Variable {
  /** Path of the field: `movie.id`. */
  readonly fieldPath: string
  /** Position of its first segment. */
  readonly start: number
  /** Position after its last segment; `Infinity` when it takes all that follow. */
  readonly end: number
  /** True when it may have several segments, so that an encoded slash in it stays encoded. */
  readonly isMany: boolean
}

/** A path template of `google.api.HttpRule`. */
export interface PathTemplate {
  /** As it is written: `/v1/{name=shelves/*}:move`. */
  readonly text: string
  readonly segments: readonly Segment[]
  readonly variables: readonly Variable[]
  /** Text after the colon at the end. Empty without one. */
  readonly verb: string
}

/** Matches a segment, up to the next slash: a variable with its pattern, or anything else. */
const segmentPattern = /\/(?:\{([^{}]*)\}|([^/{}]*))/y
const fieldPathPattern = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/
/** Characters of a path that need no encoding, other than `*` and `:` (RFC 3986 §3.3). */
const literalPattern = /^[\w.~!$&'()+,;=@-]+$/
const verbPattern = /:([^/{}]*)$/

/** Parses a path template. Throws a `TypeError` that says what is wrong with it. */
export function parseTemplate(text: string): PathTemplate {
  const [end = '', verb = ''] = verbPattern.exec(text) ?? []
  if (end !== '' && !literalPattern.test(verb)) throw invalid(text, 'the verb is malformed')
  const path = text.slice(0, text.length - end.length)
  const segments: Segment[] = []
  const variables: Variable[] = []
  segmentPattern.lastIndex = 0
  let at = 0
  while (at < path.length) {
    const match = segmentPattern.exec(path)
    if (match === null) throw invalid(text, `character ${at + 1} is not expected there`)
    at = segmentPattern.lastIndex
    const [, variable, plain = ''] = match
    if (variable === undefined) segments.push(parseSegment(text, plain))
    else variables.push(addVariable(text, variable, segments))
  }
  if (segments.length === 0) throw invalid(text, 'it has no segment')
  requireOrder(text, segments, variables)
  return { text, segments, variables, verb }
}

/** Adds the segments of a variable. */
function addVariable(text: string, variable: string, segments: Segment[]): Variable {
  const separator = variable.indexOf('=')
  const fieldPath = separator < 0 ? variable : variable.slice(0, separator)
  const pattern = separator < 0 ? '*' : variable.slice(separator + 1)
  if (!fieldPathPattern.test(fieldPath)) throw invalid(text, `"${fieldPath}" is no field path`)
  const start = segments.length
  const own = pattern.split('/').map((segment) => parseSegment(text, segment))
  segments.push(...own)
  const isEndless = own.at(-1)?.kind === 'rest'
  const end = isEndless ? Number.POSITIVE_INFINITY : segments.length
  return { fieldPath, start, end, isMany: isEndless || own.length > 1 }
}

function parseSegment(text: string, segment: string): Segment {
  if (segment === '*') return { kind: 'one' }
  if (segment === '**') return { kind: 'rest' }
  if (literalPattern.test(segment)) return { kind: 'literal', text: segment }
  throw invalid(text, `"${segment}" is no segment`)
}

function requireOrder(
  text: string,
  segments: readonly Segment[],
  variables: readonly Variable[],
): void {
  if (segments.slice(0, -1).some(({ kind }) => kind === 'rest')) {
    throw invalid(text, '** is only allowed as the last segment')
  }
  const paths = variables.map(({ fieldPath }) => fieldPath)
  const [twice] = paths.filter((path, index) => paths.indexOf(path) < index)
  if (twice !== undefined) throw invalid(text, `the variable ${twice} comes twice`)
}

function invalid(text: string, reason: string): TypeError {
  return new TypeError(`path template ${JSON.stringify(text)}: ${reason}`)
}
