/** `refused` codes are the caller's fault or a cancellation; `failed` codes are the service's fault. */
export type CodeKind = 'ok' | 'refused' | 'failed'

const refusals = new Set([
  'canceled',
  'invalid_argument',
  'not_found',
  'already_exists',
  'permission_denied',
  'failed_precondition',
  'aborted',
  'out_of_range',
  'unauthenticated',
])

export function codeKind(code: string): CodeKind {
  if (code === 'ok') return 'ok'
  return refusals.has(code) ? 'refused' : 'failed'
}
