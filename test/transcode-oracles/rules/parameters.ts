import {
  both,
  changeParameters,
  isAccepted,
  nameOf,
  parametersOf,
  protoName,
  type Rule,
  refusalOf,
  removeParameters,
} from './rule.ts'

/** Differences of paths and queries that both oracles have. */
export const parameterRules: readonly Rule[] = [
  {
    name: 'a semicolon in a query is a part of the text',
    example: 'GET /v1/query?text=a;b',
    applies: ({ sent }) => parametersOf(sent.ours).some((text) => text.includes(';')),
    rewrite: both((request) => changeParameters(request, (text) => text.replaceAll(';', '%3B'))),
  },
  {
    name: 'a query that is malformed is refused',
    example: 'POST /v1/all?text=%zz {}',
    applies: (comparison) =>
      /^the query (?:has|is)/.test(refusalOf(comparison)) ||
      /^invalid URL escape/.test(comparison.theirs.error?.message ?? ''),
    rewrite: both((request) =>
      changeParameters(request, (text) => (isMalformed(text) ? undefined : text)),
    ),
  },
  {
    name: 'a message is no parameter, also when it is JSON of any kind',
    example: 'GET /v1/query?nothing=%7B%7D',
    applies: (comparison) =>
      /: send [\w.]+ in the body/.test(refusalOf(comparison)) && isAccepted(comparison),
    rewrite: (comparison) => {
      const [, name] = /^(\S+) is "/.exec(refusalOf(comparison)) ?? []
      return both((request) => removeParameters(request, (own) => protoName(own) === name))(
        comparison,
      )
    },
  },
  {
    name: 'a field mask names fields as JSON or the proto does',
    example: 'GET /v1/query?mask=*',
    applies: (comparison) =>
      parametersOf(comparison.sent.ours).some((text) => isMask(nameOf(text))) &&
      (comparison.ours.call !== undefined || /names of fields/.test(refusalOf(comparison))),
    rewrite: both((request) => removeParameters(request, isMask)),
  },
  {
    name: 'times and durations are as in JSON, and as in Go there',
    example: 'GET /v1/query?within=.5s',
    applies: (comparison) =>
      isAccepted(comparison) &&
      /: send (?:a time|seconds)|google\.protobuf\.(?:Timestamp|Duration) from JSON/.test(
        refusalOf(comparison),
      ),
  },
  {
    name: 'base64 has no line breaks',
    example: 'GET /v1/query?digest=AQ%0AID',
    applies: (comparison) =>
      isAccepted(comparison) && /\n(?:.|\n)*: send base64$/.test(refusalOf(comparison)),
  },
  {
    name: 'base64 may mix both alphabets',
    example: 'GET /v1/query?digest=_%2B8%3D',
    applies: ({ sent, ours, theirs }) =>
      ours.call !== undefined &&
      (/illegal base64|invalid value for bytes/.test(theirs.error?.message ?? '') ||
        /=[^&]*[_-][^&]*%2[BF]/i.test(sent.ours.target)),
  },
  {
    name: 'a repeated field may have values under both of its names',
    example: 'GET /v1/query?oldNames=a&old_names=b&oldNames=c',
    applies: ({ sent }) => hasBothNames(parametersOf(sent.ours).map(nameOf)),
    rewrite: both((request) =>
      changeParameters(request, (text) => {
        const name = nameOf(text)
        return text.startsWith(name) ? protoName(name) + text.slice(name.length) : text
      }),
    ),
  },
]

/** Returns whether a part of a query is not percent-encoded UTF-8. */
export function isMalformed(text: string): boolean {
  try {
    decodeURIComponent(text)
    return false
  } catch {
    return true
  }
}

function isMask(name: string): boolean {
  return /mask$/i.test(name)
}

/** Returns whether a field is named as in the proto, and as in JSON. */
function hasBothNames(names: readonly string[]): boolean {
  return new Set(names).size > new Set(names.map(protoName)).size
}
