import type { ReadonlySignal } from '@preact/signals'
import type { ConnectionState } from '../live/connection.ts'
import { NoticeBar } from '../notice-bar.tsx'

interface OfflineNoticeProps {
  readonly connection: ReadonlySignal<ConnectionState | undefined>
}

/** Says on every page with a stream that the browser has no network. */
export function OfflineNotice({ connection }: OfflineNoticeProps) {
  if (connection.value !== 'offline') return null
  return (
    <NoticeBar kind="bad" floating title="You are offline.">
      Updates resume when you are back online.
    </NoticeBar>
  )
}
