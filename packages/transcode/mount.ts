import type { DescMethod } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import type { Call, Environment } from '@marquee/connect-hono/call'
import { describeError } from '@marquee/connect-hono/errors/describe-error'
import { toRestError } from '@marquee/connect-hono/errors/errors'
import { bounded } from '@marquee/connect-hono/errors/text'
import { rpcLimits } from '@marquee/connect-hono/limits'
import { createOwnCalls, type Handle } from '@marquee/connect-hono/own-calls'
import { incomingOf } from '@marquee/connect-hono/request/incoming-of'
import type { Rpc } from '@marquee/connect-hono/rpc'
import type { Env, Hono } from 'hono'
import { type Binding, bindingsOf } from './binding.ts'
import { createRouter, type Match } from './path/router.ts'
import { withReason } from './reasons.ts'
import type { PathFields } from './request/path-fields.ts'
import { createRestHandler, type HandleRoute } from './rest-handler.ts'

/** Options of `createTranscoding`. */
export interface TranscodingOptions {
  /** Values of request fields that paths stand for. Default: none. */
  readonly pathFields?: PathFields
  /** See `ConnectOptions.errorDomain`. Default: none. */
  readonly errorDomain?: string | undefined
  /** Called once for each path that is mounted, in Hono's form: `/v1/*`. */
  readonly onPath?: (path: string) => void
  /** See `ConnectOptions.onCallEnd`. */
  readonly onCallEnd?: (call: Call) => void
}

/** The REST routes of an app: see `google/api/http.proto`. */
export interface Transcoding {
  /** The routes so far, for `createOpenApi`. */
  readonly bindings: readonly Binding[]
  /**
   * Mounts the routes of an RPC: the `onRpc` of `mountConnect`. Throws a `TypeError` for a rule
   * that does not fit its messages, and for two routes that match the same requests.
   */
  readonly add: (path: string, method: DescMethod, rpc: Rpc) => void
  /**
   * Mounts the routes of an RPC of another service, for a gateway. Routes that the app has already
   * stay as they are.
   */
  addMethod(method: DescMethod, handle: HandleRoute): void
  /**
   * Returns the RPC of a request, and `undefined` when no route matches.
   * @param target Path and query, as they were sent.
   */
  find(method: string, target: string): DescMethod | undefined
}

interface Target {
  readonly rpc: DescMethod
  readonly handle: HandleRoute
}

/**
 * Serves RPCs by REST, as the `google.api.http` options of their protos say. Requests run the same
 * handlers as RPCs do, with the same limits, interceptors and validation.
 */
export function createTranscoding<E extends Env>(
  hono: Hono<E>,
  { pathFields = {}, onPath, onCallEnd, errorDomain }: TranscodingOptions = {},
): Transcoding {
  const app = hono as unknown as Hono<Environment>
  const router = createRouter<Target>()
  const mounted = new Set<string>()
  const added: Binding[] = []
  const runCall = createOwnCalls({ memoryWaitMs: rpcLimits.memoryWaitMs, onCallEnd })
  function mount(first: string): void {
    const path = `/${first}/*`
    if (mounted.has(path)) return
    mounted.add(path)
    onPath?.(path)
    app.all(path, (c, next) => {
      const { method, target } = incomingOf(c)
      const match = router.find(method, pathOf(target))
      const methods = match === undefined ? router.methodsOf(pathOf(target)) : []
      if (match === undefined && methods.length === 0) return next()
      const handle: Handle =
        match === undefined ? refuseMethod(methods, errorDomain) : respondTo(match)
      const call: Call | undefined = c.get('call')
      return call === undefined ? runCall(c, handle) : handle(c)
    })
  }
  function addRoutes(
    rpc: DescMethod,
    handlerOf: (index: number) => HandleRoute,
    isForeign = false,
  ): void {
    for (const [index, binding] of bindingsOf(rpc).entries()) {
      const { method, template } = binding
      if (isForeign && router.has(method, template)) continue
      added.push(binding)
      router.add({ method, template, target: { rpc, handle: handlerOf(index) } })
      const [first] = template.segments
      if (first?.kind === 'literal') mount(first.text)
    }
  }
  return {
    bindings: added,
    add(_, method, rpc) {
      const bindings = bindingsOf(method)
      addRoutes(method, (index) => createRestHandler(rpc, bindings[index] as never, pathFields))
    },
    addMethod: (method, handle) => addRoutes(method, () => handle, true),
    find: (method, target) => router.find(method, pathOf(target))?.route.target.rpc,
  }
}

function respondTo(match: Match<Target>): Handle {
  return (c) => {
    const call = c.get('call')
    call.protocol = 'rest'
    const { method, template, target } = match.route
    call.method = `${method} ${template.text}`
    call.isStream = target.rpc.methodKind !== 'unary'
    return target.handle(c, match)
  }
}

/** Responds to OPTIONS with the methods of the path, and refuses other methods (RFC 9110 §15.5.6). */
function refuseMethod(methods: readonly string[], errorDomain: string | undefined): Handle {
  const allow = [...methods, 'OPTIONS'].join(', ')
  return (c) => {
    const { method, body } = incomingOf(c)
    if (method === 'OPTIONS') return c.body(null, 204, { allow })
    if (!body.ended) body.refuse()
    const supported = methods.join(', ')
    const text = `${c.req.path} takes ${supported}, not ${method}`
    const refusal = new ConnectError(text, Code.Unimplemented)
    const reasoned = withReason(refusal, 'HTTP_METHOD_UNSUPPORTED', { supported })
    const error = describeError(bounded(reasoned), errorDomain)
    c.get('call').code = error.code
    const response = toRestError(error, c.req.header('accept'), 405)
    response.headers.set('allow', allow)
    return response
  }
}

/** Returns the path of a request target, as it was sent. */
function pathOf(target: string): string {
  const start = target.startsWith('/') ? 0 : target.indexOf('/', target.indexOf('//') + 2)
  const end = target.indexOf('?')
  return target.slice(Math.max(start, 0), end < 0 ? undefined : end)
}
