import type { CallHistory, HistoryEntry } from './history.ts'
import { codeKind, durationText } from './outcome-text.ts'

interface HistoryListProps {
  readonly history: CallHistory
  /** Opens the method with the request of the call. */
  readonly restore: (entry: HistoryEntry) => void
}

/** The last calls, each of which can be opened again. */
export function HistoryList({ history, restore }: HistoryListProps) {
  const entries = history.entries.value
  if (entries.length === 0) return <p class="form-note">Calls that you send appear here.</p>
  return (
    <>
      <ol class="history">
        {entries.map((entry) => (
          <li key={`${entry.timeMs} ${entry.path}`}>
            <button type="button" class="history-entry" onClick={() => restore(entry)}>
              <span class="history-name">{entry.name}</span>
              <span class="history-code" data-code={codeKind(entry.code)}>
                {entry.code}
              </span>
              <span>{durationText(entry.durationMs)}</span>
              <time dateTime={new Date(entry.timeMs).toISOString()}>{timeText(entry.timeMs)}</time>
            </button>
          </li>
        ))}
      </ol>
      <button type="button" class="small-button" onClick={history.clear}>
        Clear history
      </button>
    </>
  )
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toLocaleString('en', {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  })
}
