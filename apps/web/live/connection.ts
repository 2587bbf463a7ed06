import type { WatchEvent } from '@marquee/client/watch'

/** State of the page's stream. A watch that has failed has none. */
export type ConnectionState = Exclude<WatchEvent<unknown>['state'], 'failed'>

export const connectionLabels: Readonly<Record<ConnectionState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  waiting: 'Reconnecting',
  offline: 'Offline',
  paused: 'Paused',
}
