export interface MediaType {
  /** Type and subtype, in lower case: `application/json`. */
  readonly type: string
  /** Values by name. Names are in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

const token = "[!#$%&'*+.^_`|~\\w-]+"
const typePattern = new RegExp(`^[ \\t]*(${token}/${token})`)
/** A parameter with its semicolon, or a semicolon alone (RFC 9110 §5.6.6). */
const parameterPattern = new RegExp(
  `[ \\t]*;[ \\t]*(?:(${token})=(?:(${token})|"((?:[^"\\\\]|\\\\.)*)"))?`,
  'y',
)
const spaces = /[ \t]*$/y

/** Parses a media type (RFC 9110 §8.3.1). Returns `undefined` when it is malformed. */
export function parseMediaType(text: string): MediaType | undefined {
  const [whole, type] = typePattern.exec(text) ?? []
  if (whole === undefined || type === undefined) return undefined
  const parameters = new Map<string, string>()
  parameterPattern.lastIndex = whole.length
  let end = whole.length
  for (
    let match = parameterPattern.exec(text);
    match !== null;
    match = parameterPattern.exec(text)
  ) {
    const [, name, value, quoted] = match
    end = parameterPattern.lastIndex
    if (name === undefined) continue
    parameters.set(name.toLowerCase(), value ?? (quoted ?? '').replace(/\\(.)/g, '$1'))
  }
  spaces.lastIndex = end
  return spaces.test(text) ? { type: type.toLowerCase(), parameters } : undefined
}
