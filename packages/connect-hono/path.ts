import { getPath } from 'hono/utils/url'
import type { Environment } from './call.ts'

/**
 * The path by which a request finds its route, as Hono has it. That of most exchanges is the beginning of their target:
 * then no URL is made.
 */
export function pathOf(request: Request, options?: { env?: Environment['Bindings'] }): string {
  const target = options?.env?.exchange?.target ?? ''
  // OPTIONS of the whole server (RFC 9110 §9.3.7) is answered as that of its root.
  if (target === '*') return '/'
  // What is percent-encoded is decoded.
  if (!target.startsWith('/') || target.includes('%') || target.includes('#')) {
    return getPath(request)
  }
  const end = target.indexOf('?')
  return end < 0 ? target : target.slice(0, end)
}
