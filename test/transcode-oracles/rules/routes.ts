import { both, changePath, pathOf, type Rule } from './rule.ts'

/** Differences of routes that both oracles have. */
export const routeRules: readonly Rule[] = [
  {
    name: 'HEAD is served where GET is',
    example: 'HEAD /v1/items/a',
    applies: ({ sent }) => sent.ours.method === 'HEAD',
    rewrite: both((request) => ({ ...request, method: 'GET' })),
  },
  {
    name: 'a segment that is empty matches no variable',
    example: 'GET /v1/items//parts/b',
    applies: ({ sent }) => hasEmptySegment(pathOf(sent.ours)),
    rewrite: both((request) => changePath(request, fillSegments)),
  },
  {
    name: 'Go refuses a path with a malformed encoding before it looks for a route',
    example: 'GET /v1/nothing/%zz',
    applies: ({ sent, theirs }) =>
      theirs.status === 400 &&
      theirs.error?.code === undefined &&
      /%(?![\da-f]{2})/i.test(sent.ours.target),
  },
]

function hasEmptySegment(path: string): boolean {
  return fillSegments(path) !== path
}

/** A verb follows the last segment. */
function fillSegments(path: string): string {
  return path.replace(/\/(?=\/|:|$)/g, '/x')
}
