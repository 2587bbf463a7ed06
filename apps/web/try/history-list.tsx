import type { CallHistory, HistoryEntry } from './history.ts'
import { placeSummary, requestSummary, timeText } from './history-text.ts'
import { codeKind, durationText } from './outcome-text.ts'

interface HistoryListProps {
  readonly history: CallHistory
  /** Opens the method with the request of the call. */
  readonly restore: (entry: HistoryEntry) => void
}

/** The last calls, each of which can be opened again. */
export function HistoryList({ history, restore }: HistoryListProps) {
  const entries = history.entries.value
  if (entries.length === 0)
    return <p class="form-note">Nothing sent yet. Calls that you send appear here.</p>
  return (
    <>
      <ol class="history">
        {entries.map((entry) => (
          <li key={`${entry.timeMs} ${entry.path}`}>
            <HistoryRow entry={entry} restore={restore} />
          </li>
        ))}
      </ol>
      <button type="button" class="small-button" onClick={history.clear}>
        Clear history
      </button>
    </>
  )
}

interface HistoryRowProps extends Pick<HistoryListProps, 'restore'> {
  readonly entry: HistoryEntry
}

function HistoryRow({ entry, restore }: HistoryRowProps) {
  const { name, code, path, text, durationMs, timeMs } = entry
  const summary = requestSummary(text)
  return (
    <button type="button" class="history-entry" title={summary} onClick={() => restore(entry)}>
      <span class="history-name">{name}</span>
      <span class="history-code" data-code={codeKind(code)}>
        {code}
      </span>
      <span class="history-request">
        {[placeSummary(path), summary].filter((part) => part !== '').join(' · ')}
      </span>
      <time dateTime={new Date(timeMs).toISOString()}>{timeText(timeMs, Date.now())}</time>
      <span class="history-duration">{durationText(durationMs)}</span>
    </button>
  )
}
