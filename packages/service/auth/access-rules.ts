import { type DescMethod, getOption } from '@bufbuild/protobuf'
import type { Environment } from '@marquee/connect-hono/call'
import { Health } from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { incomingOf } from '@marquee/connect-hono/request/incoming-of'
import type { Context } from 'hono'
import { matchedRoutes } from 'hono/route'
import { Access, rule as ruleOption } from '../../../gen/access/v1/access_pb.ts'

/** Rule of one call. */
export interface AccessRule {
  readonly access: Access
  /** Name of the call in logs: `rating.v1.RatingService/PutRating`. Empty for a REST route. */
  readonly name: string
  /** The RPC, also of a REST route. `undefined` for a route of its own, such as a file. */
  readonly method?: DescMethod
}

/**
 * Rules of a REST route: an access, or the RPC whose rule applies, by HTTP method. A function
 * returns the rule of any method, and `undefined` for a request that the route refuses.
 */
export type RouteRules =
  | Readonly<Record<string, RouteRule | ((c: Context) => RouteRule)>>
  | ((c: Context<Environment>) => RouteRule | undefined)

type RouteRule = Access | DescMethod

/**
 * Returns who may call a method: the option `access.v1.rule` of its proto. The services of gRPC
 * itself have no such option: health is public, reflection is for operators.
 */
export function accessOf(method: DescMethod): Access {
  const { typeName } = method.parent
  if (typeName === Health.typeName) return Access.PUBLIC
  if (typeName.startsWith('grpc.reflection.')) return Access.OPERATOR
  return getOption(method, ruleOption)
}

/** Access rules of an app, which are filled while its routes are added. */
export interface AccessRules {
  /** @param path `/rating.v1.RatingService/PutRating`, with the prefix of a gateway. */
  addRpc(path: string, method: DescMethod): void
  /**
   * @param path Path in Hono's form: `/movies/:id`.
   * @param rules By HTTP method. `GET` is the rule of `HEAD` too. The route has to refuse methods
   *   without a rule.
   */
  addRoute(path: string, rules: RouteRules): void
  /**
   * Returns the rule of a call, and `undefined` for a path that is not served. A route without a
   * rule is refused to everybody (`Access.UNSPECIFIED`).
   */
  find(c: Context<Environment>): AccessRule | undefined
}

const everybody: AccessRule = { access: Access.PUBLIC, name: '' }
const nobody: AccessRule = { access: Access.UNSPECIFIED, name: '' }

export function createAccessRules(): AccessRules {
  const rpcs = new Map<string, AccessRule>()
  const routes = new Map<string, RouteRules>()
  return {
    addRpc(path, method) {
      const name = `${method.parent.typeName}/${method.name}`
      rpcs.set(path, { access: accessOf(method), name, method })
    },
    addRoute(path, rules) {
      routes.set(path, rules)
    },
    find(c) {
      const { method } = incomingOf(c)
      const rpc = rpcs.get(c.req.path)
      // Other methods get a 405 or, for OPTIONS, the list of methods.
      if (rpc !== undefined) return method === 'POST' || method === 'GET' ? rpc : everybody
      const served = matchedRoutes(c).filter(({ path }) => path !== '*' && path !== '/*')
      if (served.length === 0) return undefined
      const rules = served.map(({ path }) => routes.get(path)).find((found) => found !== undefined)
      return rules === undefined ? nobody : ruleOf(rules, method, c)
    },
  }
}

function ruleOf(rules: RouteRules, method: string, c: Context<Environment>): AccessRule {
  const rule = typeof rules === 'function' ? rules(c) : rules[method === 'HEAD' ? 'GET' : method]
  if (rule === undefined) return everybody
  const found = typeof rule === 'function' ? rule(c) : rule
  if (typeof found !== 'object') return { access: found, name: '' }
  return { access: accessOf(found), name: '', method: found }
}

/** Names a call that is refused before its handler would name it. */
export function nameCall(c: Context<Environment>, { name }: AccessRule): void {
  if (name === '') return
  const call = c.get('call')
  const [, protocol] = grpcType.exec(c.req.header('content-type') ?? '') ?? []
  call.method = name
  call.protocol = protocol?.toLowerCase() ?? 'connect'
}

const grpcType = /^application\/(grpc-web|grpc)\b/i
