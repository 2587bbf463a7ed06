/** State of the page's stream. */
export type ConnectionState =
  /** Opened, without a message yet. */
  | 'connecting'
  | 'live'
  /** Lost; the next try follows after a delay. */
  | 'waiting'
  /** The browser has no network. */
  | 'offline'
  /** Closed, because the page is hidden. */
  | 'paused'

export const connectionLabels: Readonly<Record<ConnectionState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  waiting: 'Reconnecting',
  offline: 'Offline',
  paused: 'Paused',
}
