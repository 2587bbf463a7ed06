/**
 * The header fields that bound what a page may do, as names in lower case and values: only what its own origin serves,
 * in no frame, with no inline script or style (https://www.w3.org/TR/CSP3/).
 * @param callOrigins other origins that its scripts may call.
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
