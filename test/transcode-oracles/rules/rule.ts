import type { DescService } from '@bufbuild/protobuf'
import { Code } from '@connectrpc/connect'
import { bindingsOf } from '@marquee/transcode/binding'
import type { Part } from '../differences.ts'
import type { RawRequest } from '../http-client.ts'
import type { Outcome } from '../outcome.ts'

/** A request with what both did. The requests differ when a rule has changed one of them. */
export interface Comparison {
  readonly service: DescService
  readonly sent: { readonly ours: RawRequest; readonly theirs: RawRequest }
  readonly ours: Outcome
  readonly theirs: Outcome
  readonly differences: readonly Part[]
}

/** A difference that the README of `packages/transcode` explains. */
export interface Rule {
  /** A sentence for the list of rules. */
  readonly name: string
  /** A request that shows the difference, as "METHOD target body". A test sends it. */
  readonly example: string
  /** Returns whether this is the difference. */
  readonly applies: (comparison: Comparison) => boolean
  /**
   * Returns the requests without what makes the difference. They are compared again, for all other
   * differences. Default: the difference leaves nothing to compare.
   */
  readonly rewrite?: (comparison: Comparison) => Comparison['sent']
}

/** Changes both requests in the same way. */
export function both(change: (request: RawRequest) => RawRequest): NonNullable<Rule['rewrite']> {
  return ({ sent }) => ({ ours: change(sent.ours), theirs: change(sent.theirs) })
}

export const json = 'application/json'

/** Sends the bodies as JSON. */
export const asJson = both((request) => ({
  ...request,
  headers: { ...request.headers, 'content-type': json },
}))

/**
 * Returns the rule of OPTIONS, which the oracles do not serve.
 * @param isRefused Returns whether the oracle has refused the method of a path.
 */
export function optionsRule(isRefused: (comparison: Comparison) => boolean): Rule {
  return {
    name: 'OPTIONS is served on every path',
    example: 'OPTIONS /v1/query',
    applies: (comparison) => comparison.ours.status === 204 && isRefused(comparison),
  }
}

/** Returns the verb at the end of a path: `read` of `/v1/items/a:read`. */
export function verbOf(service: DescService, path: string): string | undefined {
  const verbs = service.methods.flatMap(bindingsOf).map(({ template }) => template.verb)
  return verbs.find((verb) => verb !== '' && path.endsWith(`:${verb}`))
}

/** Returns the path of a request, as it is sent. */
export function pathOf({ target }: RawRequest): string {
  return target.split('?', 1)[0] as string
}

/** Returns the parameters of a request, as they are sent. */
export function parametersOf({ target }: RawRequest): string[] {
  const start = target.indexOf('?')
  return start < 0 ? [] : target.slice(start + 1).split('&')
}

/** Returns the request with the parameters for which `change` returns a text. */
export function changeParameters(
  request: RawRequest,
  change: (parameter: string) => string | undefined,
): RawRequest {
  const parameters = parametersOf(request)
    .map(change)
    .filter((text) => text !== undefined)
  const query = parameters.length === 0 ? '' : `?${parameters.join('&')}`
  return { ...request, target: pathOf(request) + query }
}

/** Returns the name of a parameter. */
export function nameOf(parameter: string): string {
  const [entry] = new URLSearchParams(parameter)
  return entry?.[0] ?? ''
}

export function changePath(request: RawRequest, change: (path: string) => string): RawRequest {
  const path = pathOf(request)
  return { ...request, target: change(path) + request.target.slice(path.length) }
}

export function removeParameters(
  request: RawRequest,
  isRemoved: (name: string) => boolean,
): RawRequest {
  return changeParameters(request, (text) => (isRemoved(nameOf(text)) ? undefined : text))
}

export function protoName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** Returns the body as text, a byte order mark included. */
export function bodyOf({ body }: RawRequest): string {
  return Buffer.from(body ?? []).toString()
}

/** Returns the error of `packages/transcode`, when the request is not valid. */
export function refusalOf({ ours }: Comparison): string {
  return ours.error?.code === Code.InvalidArgument ? ours.error.message : ''
}

/** Returns whether the oracle called the handler. */
export function isAccepted({ theirs }: Comparison): boolean {
  return theirs.call !== undefined || theirs.status === 200
}

/** Returns the name of the parameter that our error refuses, for one of the reasons. */
export function namedIn(comparison: Comparison, reasons = /./): string | undefined {
  const [, name, reason = ''] = /^the parameter "(.*)" (is .*)$/s.exec(refusalOf(comparison)) ?? []
  return reasons.test(reason) ? name : undefined
}

/** Removes the parameter that our error names from one or both requests. */
export function removeNamed(side: 'ours' | 'both'): NonNullable<Rule['rewrite']> {
  return (comparison) => {
    const { sent } = comparison
    const name = namedIn(comparison)
    const remove = (request: RawRequest) =>
      changeParameters(request, (text) => (nameOf(text) === name ? undefined : text))
    return { ours: remove(sent.ours), theirs: side === 'both' ? remove(sent.theirs) : sent.theirs }
  }
}
