/** Parts of a service for its operators, which can be closed to everybody. */
export const closables = ['activity', 'dead-letters', 'metrics', 'reflection', 'system'] as const

export type Closable = (typeof closables)[number]
