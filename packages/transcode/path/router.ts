import { decodeSegment, decodeVariable } from './percent.ts'
import type { PathTemplate } from './template.ts'

/** A route: requests of one HTTP method whose path matches a template. */
export interface Route<Target> {
  /** HTTP method in upper case; `*` for every method that no other route of the template has. */
  readonly method: string
  readonly template: PathTemplate
  readonly target: Target
}

/** A route that matches a request. */
export interface Match<Target> {
  readonly route: Route<Target>
  /**
   * Decodes the value of each variable of the template, in order. Throws `INVALID_ARGUMENT` for a
   * malformed one.
   */
  values(): string[]
}

/** Finds the route of a request. */
export interface Router<Target> {
  /** Throws a `TypeError` when another route matches the same requests. */
  add(route: Route<Target>): void
  /** Returns whether a route of this method matches the same paths. */
  has(method: string, template: PathTemplate): boolean
  /**
   * Returns the most specific route: from left to right, a literal is more specific than `*`, and
   * `*` than `**`. `*` matches one segment that is not empty, and `**` any number. A verb that a
   * matching template has is no part of an id: an id with such an end has its colon encoded.
   * @param path Path as it was sent, without a query. `HEAD` matches the routes of `GET`.
   */
  find(method: string, path: string): Match<Target> | undefined
  /** Returns the methods of all routes that match the path, in alphabetical order. */
  methodsOf(path: string): string[]
}

type Leaf<Target> = Map<string, Route<Target>>

/** A position in the path: its routes by verb and by method, and the next positions. */
interface Node<Target> {
  readonly literals: Map<string, Node<Target>>
  readonly leaves: Map<string, Leaf<Target>>
  one: Node<Target> | undefined
  rest: Node<Target> | undefined
}

/** A request whose route is searched. */
interface Search<Target> {
  readonly path: string
  /** Position after the path without its verb. */
  readonly end: number
  readonly verb: string
  /** Returns the route of a leaf that matches, or `undefined` to search on. */
  readonly choose: (leaf: Leaf<Target>, method: string) => Route<Target> | undefined
  readonly method: string
}

export function createRouter<Target>(): Router<Target> {
  const root = createNode<Target>()
  const verbs = new Set<string>()
  /** Returns the first route that `choose` returns, of the most specific leaf. */
  function search(
    path: string,
    method: string,
    choose: Search<Target>['choose'],
  ): Match<Target> | undefined {
    const colon = path.lastIndexOf(':')
    if (colon > path.lastIndexOf('/') + 1) {
      const verb = decodeSegment(path.slice(colon + 1))
      if (verb !== '' && verbs.has(verb)) {
        const request = { path, end: colon, verb, choose, method }
        const route = walk(root, request, 1)
        if (route !== undefined) return new PathMatch(route, path, colon)
        // Otherwise a wrong method would take the verb for a part of an id.
        if (walk(root, { ...request, choose: anyOf }, 1) !== undefined) return undefined
      }
    }
    const route = walk(root, { path, end: path.length, verb: '', choose, method }, 1)
    return route && new PathMatch(route, path, path.length)
  }
  return {
    add(route) {
      addRoute(root, route)
      verbs.add(route.template.verb)
    },
    has: (method, template) => leafOf(root, template).has(method),
    find(method, path) {
      const own = search(path, method, routeOf)
      return own ?? (method === 'HEAD' ? search(path, 'GET', routeOf) : undefined)
    },
    methodsOf(path) {
      const methods = new Set<string>()
      search(path, '', (leaf) => {
        for (const method of leaf.keys()) methods.add(method)
        return undefined
      })
      if (methods.has('GET')) methods.add('HEAD')
      return [...methods].sort()
    },
  }
}

function routeOf<Target>(leaf: Leaf<Target>, method: string): Route<Target> | undefined {
  return leaf.get(method) ?? leaf.get('*')
}

function anyOf<Target>(leaf: Leaf<Target>): Route<Target> | undefined {
  return leaf.values().next().value
}

/** A route with the path that it matches. */
class PathMatch<Target> implements Match<Target> {
  readonly route: Route<Target>
  readonly #path: string
  readonly #end: number

  /** @param end Position after the path without its verb. */
  constructor(route: Route<Target>, path: string, end: number) {
    this.route = route
    this.#path = path
    this.#end = end
  }

  values(): string[] {
    const { variables } = this.route.template
    if (variables.length === 0) return []
    const segments = this.#path.slice(1, this.#end).split('/')
    return variables.map(({ start, end, isMany }) => {
      const text = isMany ? segments.slice(start, end).join('/') : (segments[start] as string)
      return decodeVariable(text, isMany)
    })
  }
}

function createNode<Target>(): Node<Target> {
  return { literals: new Map(), leaves: new Map(), one: undefined, rest: undefined }
}

function addRoute<Target>(root: Node<Target>, route: Route<Target>): void {
  const leaf = leafOf(root, route.template)
  const other = leaf.get(route.method)
  if (other !== undefined) {
    const both = [other, route].map(({ method, template }) => `${method} ${template.text}`)
    throw new TypeError(`${both.join(' and ')} match the same requests: change one of them`)
  }
  leaf.set(route.method, route)
}

/** Returns the routes of a template by method, which are none at first. */
function leafOf<Target>(root: Node<Target>, { segments, verb }: PathTemplate): Leaf<Target> {
  let node = root
  for (const segment of segments) {
    if (segment.kind === 'literal') {
      const next = node.literals.get(segment.text) ?? createNode<Target>()
      node.literals.set(segment.text, next)
      node = next
    } else {
      node[segment.kind] ??= createNode()
      node = node[segment.kind] as Node<Target>
    }
  }
  const leaf = node.leaves.get(verb) ?? new Map<string, Route<Target>>()
  node.leaves.set(verb, leaf)
  return leaf
}

/** @param at Position of the next segment. */
function walk<Target>(
  node: Node<Target>,
  search: Search<Target>,
  at: number,
): Route<Target> | undefined {
  const { path, end } = search
  if (at > end) return choose(node, search) ?? (node.rest && choose(node.rest, search))
  const slash = path.indexOf('/', at)
  const next = slash < 0 || slash > end ? end : slash
  const segment = path.slice(at, next)
  const literal = node.literals.get(segment) ?? decodedLiteral(node, segment)
  const found =
    (literal && walk(literal, search, next + 1)) ??
    (next > at && node.one ? walk(node.one, search, next + 1) : undefined)
  return found ?? (node.rest && choose(node.rest, search))
}

function decodedLiteral<Target>(node: Node<Target>, segment: string): Node<Target> | undefined {
  return segment.includes('%') ? node.literals.get(decodeSegment(segment)) : undefined
}

function choose<Target>(
  { leaves }: Node<Target>,
  search: Search<Target>,
): Route<Target> | undefined {
  const leaf = leaves.get(search.verb)
  return leaf && search.choose(leaf, search.method)
}
