import { getPath } from 'hono/utils/url'
import type { Environment } from './call.ts'

/**
 * Returns the path of a request for routing, as Hono defines it. Usually it is the start of the
 * request target, so that no URL is parsed.
 */
export function pathOf(request: Request, options?: { env?: Environment['Bindings'] }): string {
  const target = options?.env?.exchange?.target ?? ''
  // OPTIONS of the whole server (RFC 9110 §9.3.7) is handled as that of its root.
  if (target === '*') return '/'
  // Hono decodes percent-encoded characters.
  if (!target.startsWith('/') || target.includes('%') || target.includes('#')) {
    return getPath(request)
  }
  const end = target.indexOf('?')
  return end < 0 ? target : target.slice(0, end)
}
