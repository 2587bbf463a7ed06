import { isDeepStrictEqual } from 'node:util'
import type { DescService } from '@bufbuild/protobuf'
import { Code } from '@connectrpc/connect'
import { bindingsOf } from '@marquee/transcode/binding'
import type { RawRequest } from '../http-client.ts'
import { bodyRules } from './bodies.ts'
import { parameterRules } from './parameters.ts'
import { routeRules } from './routes.ts'
import {
  asJson,
  both,
  type Comparison,
  changeParameters,
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

/** Differences of vanguard. */
export const vanguardRules: readonly Rule[] = [
  ...routeRules,
  ...parameterRules,
  ...bodyRules,
  optionsRule(isNotAllowed),
  {
    name: 'Allow names HEAD and OPTIONS too, and the body of 405 is an error in JSON',
    example: 'POST /v1/query',
    applies: (comparison) => comparison.ours.status === 405 && isNotAllowed(comparison),
  },
  {
    name: 'streams are served, and refused there',
    example: 'GET /v1/items/a:watch',
    applies: ({ theirs }) =>
      theirs.status === 415 && /^stream type \w+ not supported/.test(theirs.error?.message ?? ''),
  },
  {
    name: 'vanguard panics on a repeated timestamp in a query, and on an empty name of a field',
    example: 'GET /v1/query?times=2026-01-31T12:00:00Z',
    applies: ({ theirs }) =>
      /panic: (?:type mismatch: cannot convert list|runtime error: invalid memory)/.test(
        theirs.error?.message ?? '',
      ),
  },
  {
    name: 'an unknown name of an enum is refused in a body, and ignored there',
    example: 'POST /v1/all {"shape":"SHAPE_OVAL"}',
    applies: (comparison) =>
      /": send one of [A-Z]/.test(refusalOf(comparison)) && isAccepted(comparison),
  },
  {
    name: 'a colon in the last segment is a part of an id when no verb matches, and a verb there',
    example: 'GET /v1/items/a:b',
    applies: ({ sent, theirs }) => theirs.status === 404 && /:[^/]*$/.test(pathOf(sent.ours)),
    rewrite: ({ service, sent }) => ({
      ours: withoutColons(service, sent.ours),
      theirs: withoutColons(service, sent.theirs),
    }),
  },
  {
    name: '** matches no segment too, and at least one there',
    example: 'GET /v1/files',
    applies: ({ service, theirs, sent }) =>
      theirs.status === 404 && endsAtRest(service, pathOf(sent.ours)),
  },
  {
    name: 'a value is as in JSON without quotes, and also null, in quotes, 1e3 or 1.0 there',
    example: 'GET /v1/query?flag=null',
    applies: (comparison) =>
      / is "(?:.*(?:null|"\w*"|\s"|\s,|, \s|\d\.0|\de-?\d)|\s)/.test(refusalOf(comparison)) &&
      isAccepted(comparison),
  },
  {
    name: 'a value may begin with zeros, be -0 or empty, and is JSON there',
    example: 'GET /v1/query?large=01',
    applies: ({ ours, theirs }) => {
      const isOurs = ours.call !== undefined
      const [, value] =
        /^invalid parameter .*(?:value for type "\w+": |: )(.*)$/.exec(
          theirs.error?.message ?? '',
        ) ?? []
      return (
        isOurs &&
        value !== undefined &&
        /^(?:"?-?0[\d"]|-0$|$|"$|.*after top-level value$)/.test(value)
      )
    },
  },
  {
    name: 'a method is one of all routes that match, and of the most specific one there',
    example: 'DELETE /v1/items/special',
    applies: ({ sent, ours, theirs }) =>
      theirs.status === 405 &&
      ours.status !== 404 &&
      !theirs.allow.includes(sent.theirs.method) &&
      theirs.allow.every((method) => ours.status !== 405 || ours.allow.includes(method)),
  },
  {
    name: 'an error with bytes that are not UTF-8 is INTERNAL there',
    example: 'GET /v1/typed/1/true/%ff',
    applies: ({ ours, theirs }) =>
      ours.status === 400 &&
      theirs.status === 400 &&
      theirs.error?.message === 'failed to marshal end error',
  },
  {
    name: 'vanguard matches the decoded path, and decodes values twice',
    example: 'GET /v1/items/a%2Fb',
    applies: ({ sent }) => decodedTwice.test(sent.ours.target),
    rewrite: both((request) => ({
      ...request,
      target: request.target.replace(/%(?:2F|3A|25)/gi, 'x'),
    })),
  },
  {
    name: 'JSON has several content types, and one there',
    example: 'POST /v1/all {} application/merge-patch+json',
    applies: ({ sent }) => (sent.ours.headers['content-type'] ?? json) !== json,
    rewrite: asJson,
  },
  {
    name: 'a body that the route does not read is ignored, and refused there',
    example: 'GET /v1/query {}',
    applies: ({ theirs }) => /^request should have no body/.test(theirs.error?.message ?? ''),
    rewrite: both((request) => ({ ...request, body: undefined })),
  },
  {
    name: 'an empty body of all fields sets none, and is refused there',
    example: 'POST /v1/all',
    applies: ({ theirs, sent }) =>
      !sent.ours.body?.length && /^cardinality violation/.test(theirs.error?.message ?? ''),
    rewrite: both((request) => ({ ...request, body: Buffer.from('{}') })),
  },
  {
    name: 'a field of the path or of the body is no parameter, and replaced there',
    example: 'GET /v1/items/a?text=b',
    applies: (comparison) => namedIn(comparison, /in the path|read/) !== undefined,
    rewrite: removeNamed('both'),
  },
  {
    name: 'a part of a timestamp or a duration is an unknown parameter',
    example: 'GET /v1/query?time.nanos=-1',
    applies: (comparison) =>
      namedIn(comparison, /not known/) !== undefined && isAccepted(comparison),
    rewrite: removeNamed('both'),
  },
  {
    name: 'a path that is not UTF-8 is refused, and a parameter may replace it there',
    example: 'GET /v1/items/%ff?text=a',
    applies: (comparison) => /^the path has/.test(refusalOf(comparison)) && isAccepted(comparison),
  },
  {
    name: 'a text in quotes keeps them',
    example: 'GET /v1/query?note=%22a%22',
    applies: ({ sent, ours, differences }) =>
      ours.call !== undefined &&
      differences.includes('request') &&
      /=%22[^&]*%22/.test(sent.ours.target),
    rewrite: both((request) =>
      changeParameters(request, (text) => text.replace(/=%22([^&]*)%22$/, '=x$1x')),
    ),
  },
  {
    name: 'a field is set once, and the last value counts there',
    example: 'GET /v1/query?text=a&text=b',
    applies: (comparison) =>
      /it comes \d+ times: |excludes it: /.test(refusalOf(comparison)) && isAccepted(comparison),
  },
  {
    name: 'a request that is not valid is INVALID_ARGUMENT, and UNKNOWN there',
    example: 'GET /v1/query?unknown=1',
    applies: ({ ours, theirs }) =>
      ours.status === 400 &&
      ours.error?.code === Code.InvalidArgument &&
      theirs.status === 500 &&
      theirs.error?.code === Code.Unknown &&
      theirs.call === undefined,
  },
]

const decodedTwice = /^[^?]*%(?:2F|3A|25)/i

/** Returns whether the method is refused there, and the others are the same. */
function isNotAllowed({ ours, theirs }: Comparison): boolean {
  const allow = ours.allow.filter((method) => method !== 'HEAD' && method !== 'OPTIONS')
  return theirs.status === 405 && isDeepStrictEqual(allow, theirs.allow)
}

/** Replaces the colons that start no verb, and all colons when the last one does. */
function withoutColons(service: DescService, request: RawRequest): RawRequest {
  const path = pathOf(request)
  const start = path.lastIndexOf('/')
  const last = path.slice(start)
  const verb = verbOf(service, last)
  const end = verb === undefined ? last.length : last.length - verb.length - 1
  const inner = last.slice(0, end).replaceAll(':', 'x') + last.slice(end)
  const changed = inner === last ? last.replaceAll(':', 'x') : inner
  return { ...request, target: path.slice(0, start) + changed + request.target.slice(path.length) }
}

/** Returns whether the path ends where a template has `**`. */
function endsAtRest(service: DescService, path: string): boolean {
  const parts = path
    .replace(/:[^/]*$/, '')
    .slice(1)
    .split('/')
  return service.methods.flatMap(bindingsOf).some(({ template: { segments } }) => {
    if (segments.at(-1)?.kind !== 'rest' || segments.length !== parts.length + 1) return false
    return parts.every((part, index) => {
      const segment = segments[index]
      return segment?.kind !== 'literal' || segment.text === part
    })
  })
}
