import { useState } from 'preact/hooks'
import type { CallHistory, HistoryEntry } from './history.ts'
import { HistoryList } from './history-list.tsx'
import { MethodList, type MethodListProps } from './method-list.tsx'
import { Tabs } from './tabs.tsx'

interface RailProps extends MethodListProps {
  readonly history: CallHistory
  readonly restore: (entry: HistoryEntry) => void
}

const tabs = [
  { value: 'methods', text: 'Methods' },
  { value: 'history', text: 'History' },
] as const

/** The methods, or the last calls. */
export function Rail({ history, restore, ...list }: RailProps) {
  const [tab, setTab] = useState<'methods' | 'history'>('methods')
  return (
    <div class="rail">
      <h1 class="try-title" tabIndex={-1}>
        API explorer
      </h1>
      <Tabs label="What to call" tabs={tabs} value={tab} onChange={setTab}>
        {tab === 'methods' ? (
          <MethodList {...list} />
        ) : (
          <HistoryList history={history} restore={restore} />
        )}
      </Tabs>
    </div>
  )
}
