/** How the page's one stream is doing. */
export type ConnectionState =
  /** Asked for, nothing has come yet. */
  | 'connecting'
  | 'live'
  /** Lost; tried again after a while. */
  | 'waiting'
  /** The browser has no network. */
  | 'offline'
  /** The page is hidden, so nothing is watched. */
  | 'paused'

export const connectionWords: Readonly<Record<ConnectionState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  waiting: 'Reconnecting',
  offline: 'Offline',
  paused: 'Paused',
}
