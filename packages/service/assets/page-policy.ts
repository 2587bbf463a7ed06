/**
 * Returns the security headers of a page, as names in lower case and values. The page may load only
 * what its own origin serves, without frames, inline scripts or inline styles
 * (https://www.w3.org/TR/CSP3/).
 * @param callOrigins Other origins that its scripts may call.
 */
export function pagePolicy(callOrigins: readonly string[] = []): readonly string[] {
  const policy = {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    'img-src': ["'self'", 'data:'],
    'font-src': ["'self'"],
    'connect-src': ["'self'", ...callOrigins],
    'manifest-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
  }
  const directives = Object.entries(policy).map(([name, sources]) => `${name} ${sources.join(' ')}`)
  return [
    ...['content-security-policy', directives.join('; ')],
    ...['x-content-type-options', 'nosniff'],
    ...['referrer-policy', 'no-referrer'],
    ...['cross-origin-opener-policy', 'same-origin'],
    ...['cross-origin-resource-policy', 'same-origin'],
    ...['permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()'],
  ]
}
