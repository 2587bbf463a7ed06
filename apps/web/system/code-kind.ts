/** What a code says of the service: nothing wrong, a call that was at fault itself or given up, or a fault of ours. */
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
