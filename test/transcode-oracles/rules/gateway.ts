import { isDeepStrictEqual } from 'node:util'
import { Code } from '@connectrpc/connect'
import type { Outcome } from '../outcome.ts'
import { bodyRules } from './bodies.ts'
import { parameterRules } from './parameters.ts'
import { routeRules } from './routes.ts'
import {
  asJson,
  bodyOf,
  both,
  changePath,
  isAccepted,
  json,
  namedIn,
  optionsRule,
  pathOf,
  type Rule,
  refusalOf,
  removeNamed,
  verbOf,
} from './rule.ts'

/** Characters that mean the same when they are encoded (RFC 3986 §6.2.2.2). */
const unreserved = /%(?:2D|2E|3\d|4[1-9A-F]|5[\dA]|5F|6[1-9A-F]|7[\dAE])/gi

/** Texts of booleans in Go (`strconv.ParseBool`). */
const goBooleans =
  /^\S+ is "(?:(?:1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)(?:, )?)+": send true/

/** Differences of grpc-gateway. */
export const gatewayRules: readonly Rule[] = [
  ...routeRules,
  ...parameterRules,
  ...bodyRules,
  {
    name: 'an encoded letter or digit of a path is that letter or digit, also in a fixed segment',
    example: 'GET /v1/%71uery',
    applies: ({ sent }) => pathOf(sent.ours).search(unreserved) >= 0,
    rewrite: both((request) =>
      changePath(request, (path) => path.replace(unreserved, decodeURIComponent)),
    ),
  },
  {
    name: 'an enum may be a number that its proto does not have',
    example: 'GET /v1/query?shape=99',
    applies: ({ ours, theirs }) =>
      ours.call !== undefined && /"?-?\d+"? is not (?:a )?valid/.test(theirs.error?.message ?? ''),
  },
  optionsRule(({ theirs }) => isNotAllowed(theirs)),
  {
    name: 'a wrong method is 405 with Allow, and 501 there',
    example: 'POST /v1/query',
    applies: ({ ours, theirs }) => ours.status === 405 && isNotAllowed(theirs),
  },
  {
    name: 'a path without a route is left to the app',
    example: 'GET /v1/nothing',
    applies: ({ ours, theirs }) =>
      ours.status === 404 && ours.error?.code === undefined && theirs.error?.code === Code.NotFound,
  },
  {
    name: 'a path that is not UTF-8 is refused, and 500 there',
    example: 'GET /v1/items/%ff',
    applies: (comparison) =>
      /^the path has/.test(refusalOf(comparison)) && isBadUtf8(comparison.theirs),
  },
  {
    name: 'a key of a map in a query is an unknown parameter',
    example: 'GET /v1/query?labels[a]=b',
    applies: (comparison) => /\[.*\]$/.test(namedIn(comparison, /not known/) ?? ''),
    rewrite: removeNamed('both'),
  },
  {
    name: 'a parameter that sets no field is refused, and ignored there',
    example: 'GET /v1/query?unknown=1',
    applies: (comparison) => /^[^.]*$/.test(namedIn(comparison) ?? '.'),
    rewrite: removeNamed('ours'),
  },
  {
    name: 'an unknown field of a nested message is refused, and leaves the message empty there',
    example: 'GET /v1/query?nested.unknown=1',
    applies: (comparison) => namedIn(comparison) !== undefined,
    rewrite: removeNamed('both'),
  },
  {
    name: 'a slash in one of several segments of a variable stays encoded',
    example: 'GET /v1/shelves/a%2Fb',
    applies: ({ sent, ours, theirs }) =>
      /%2f/i.test(pathOf(sent.ours)) &&
      ours.call !== undefined &&
      theirs.call?.rpc === ours.call.rpc,
    rewrite: both((request) => ({ ...request, target: request.target.replace(/%2f/gi, 'x') })),
  },
  {
    name: 'a number or an enum that is the whole body is read as in the JSON of protobuf',
    example: 'PUT /v1/shapes "SHAPE_ROUND"',
    applies: ({ theirs }) =>
      /^unmarshaling of symbolic enum|^json: cannot unmarshal|^cannot assign <nil>/.test(
        theirs.error?.message ?? '',
      ),
  },
  {
    name: 'a body of another type than JSON is refused, and read as JSON there',
    example: 'POST /v1/all {} text/plain',
    applies: ({ sent }) =>
      (sent.ours.headers['content-type'] ?? '') !== json && sent.ours.body !== undefined,
    rewrite: asJson,
  },
  {
    name: 'booleans are true and false, as in JSON, and also 1, t and TRUE there',
    example: 'GET /v1/query?flag=1',
    applies: (comparison) => goBooleans.test(refusalOf(comparison)) && isAccepted(comparison),
  },
  {
    name: 'a list that is the whole response is [] when it is empty, and null there',
    example: 'PUT /v1/tags/a',
    applies: ({ ours, theirs }) =>
      isDeepStrictEqual([...theirs.messages], [null]) &&
      isDeepStrictEqual([...ours.messages], [[]]),
  },
  {
    name: 'a number is as in JSON, and as in Go there',
    example: 'GET /v1/query?large=%2B1',
    applies: (comparison) =>
      isAccepted(comparison) && /: send (?:a (?:whole )?number|one of)/.test(refusalOf(comparison)),
  },
  {
    name: 'a body is one JSON value, and the first one there',
    example: 'POST /v1/all {}x',
    applies: (comparison) =>
      isAccepted(comparison) &&
      /JSON/.test(refusalOf(comparison)) &&
      beginsWithJson(bodyOf(comparison.sent.ours)),
  },
  {
    name: 'a verb of a template is no part of an id, also for another method',
    example: 'PURGE /v1/items/a:read',
    applies: (comparison) =>
      comparison.ours.status === 405 &&
      !isNotAllowed(comparison.theirs) &&
      verbOf(comparison.service, pathOf(comparison.sent.ours)) !== undefined,
  },
  {
    name: 'a duration may be as long as in protobuf, and 290 years there',
    example: 'GET /v1/query?within=315576000000s',
    applies: ({ ours, theirs }) =>
      ours.call !== undefined &&
      /time: invalid duration "-?\d+s"/.test(theirs.error?.message ?? ''),
  },
  {
    name: 'a list that is the body has no null, which is an empty item there',
    example: 'PUT /v1/tags/a [null]',
    applies: (comparison) =>
      isAccepted(comparison) && /list item must not be null$/.test(refusalOf(comparison)),
  },
  {
    name: 'a blank body is no JSON, and empty there',
    example: 'POST /v1/all \n',
    applies: ({ sent }) => sent.ours.body !== undefined && bodyOf(sent.ours).trim() === '',
    rewrite: both((request) => ({ ...request, body: undefined })),
  },
  {
    name: 'two values of a map in a query are too many, and a key with its value there',
    example: 'GET /v1/query?labels=a&labels=b',
    applies: (comparison) =>
      isAccepted(comparison) && /: it comes 2 times: /.test(refusalOf(comparison)),
  },
  {
    name: 'an unsigned number may be -0',
    example: 'GET /v1/query?natural=-0',
    applies: ({ ours, theirs }) =>
      ours.call !== undefined &&
      /ParseUint: parsing "-0+": invalid syntax/.test(theirs.error?.message ?? ''),
  },
]

function isNotAllowed({ status, error }: Outcome): boolean {
  return status === 501 && error?.code !== undefined
    ? error.message === 'Method Not Allowed'
    : status === 501
}

function isBadUtf8({ status, error }: Outcome): boolean {
  return status === 500 && /invalid UTF-8|failed to marshal error/.test(error?.message ?? '')
}

/** Returns whether the text is a JSON value with something behind it. */
function beginsWithJson(text: string): boolean {
  return Array.from(text, (_, index) => text.slice(0, index)).some(isJson)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
