import { createCalls } from '@marquee/client/calls'
import { type DeadLetter, DeadLetterService } from '@marquee/client/system'
import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { ServiceAddresses } from '../addresses.ts'
import { optionsOf } from '../clients.ts'
import { Failure } from '../failure.tsx'
import { createLatestOnly } from '../live/latest-only.ts'
import { loadErrorText } from '../rpc-error.ts'
import { CopyButton } from './copy-button.tsx'
import { DeadLetterRow } from './dead-letter-row.tsx'

interface DeadLettersProps {
  readonly addresses: () => Promise<ServiceAddresses>
  /** Total in all instances; when it changes, the list is loaded again. */
  readonly deadLetterCount: number
  /** Service without which there is no list: that of rating goes through movie. */
  readonly unreachable: 'movie' | 'rating' | undefined
}

interface Listed {
  readonly letters: readonly DeadLetter[]
  readonly nextPageToken: string
}

/** The rating events that could not be applied, newest first; each can be expanded. */
export function DeadLetters({ addresses, deadLetterCount, unreachable }: DeadLettersProps) {
  const isReachable = unreachable === undefined
  const client = useMemo(
    () =>
      addresses().then(({ services }) =>
        createCalls(DeadLetterService, optionsOf(services.rating)),
      ),
    [addresses],
  )
  const listed = useSignal<Listed | undefined>(undefined)
  const failure = useSignal('')
  const reason = useSignal('')
  const latestOnly = useMemo(createLatestOnly, [])
  const load = async (before?: Listed) => {
    const { listDeadLetters } = await client
    const pageToken = before?.nextPageToken ?? ''
    const next = await latestOnly.run((signal) => listDeadLetters({ pageToken }, { signal }))
    // A newer load has replaced this one.
    if (!next) return
    failure.value = next.ok ? '' : loadErrorText(next.error, 'rating')
    if (!next.ok) return
    const { deadLetters: letters, nextPageToken } = next.value
    listed.value = before
      ? { letters: [...before.letters, ...letters], nextPageToken }
      : withOlder({ letters, nextPageToken }, listed.peek())
  }
  useEffect(() => {
    if (isReachable) void load()
  }, [client, deadLetterCount, isReachable])
  const { letters = [], nextPageToken = '' } = listed.value ?? {}
  const reasons = [...new Set(letters.map((one) => one.reason))].toSorted()
  const wanted = reasons.includes(reason.value) ? reason.value : ''
  const shown = letters.filter((one) => wanted === '' || one.reason === wanted)
  return (
    <section
      class="dead-letters"
      id="dead-letters"
      aria-labelledby="dead-letters-title"
      data-stale={isReachable ? undefined : ''}
    >
      <div class="section-head">
        <h2 id="dead-letters-title">Dead letters</h2>
        {letters.length > 0 ? (
          <span class="badge">
            {letters.length}
            {nextPageToken ? '+' : ''}
          </span>
        ) : null}
        {reasons.length > 1 ? (
          <ReasonChoice
            reasons={reasons}
            chosen={wanted}
            onChoose={(next) => (reason.value = next)}
          />
        ) : null}
        {letters.length > 0 ? <ReplayCommand /> : null}
      </div>
      {isReachable ? null : (
        <p class="table-note">
          Can't reach the {unreachable} service.
          {listed.value ? ' Showing the last known list.' : ''}
        </p>
      )}
      {failure.value && isReachable ? (
        <Failure
          title="Couldn't read dead letters"
          text={failure.value}
          retry={() => void load(listed.peek())}
        />
      ) : null}
      <ul class="letters">
        {shown.map((letter) => (
          <DeadLetterRow key={keyOf(letter)} letter={letter} client={client} />
        ))}
      </ul>
      {letters.length === 0 && !failure.value && isReachable ? (
        <p class="table-note">{listed.value ? 'No dead letters.' : 'Loading…'}</p>
      ) : null}
      {nextPageToken ? (
        <button type="button" class="button" onClick={() => void load(listed.peek())}>
          Show older
        </button>
      ) : null}
    </section>
  )
}

/** Returns the newest letters with the older ones that were loaded before, unless some are missing. */
function withOlder(newest: Listed, before: Listed | undefined): Listed {
  const last = newest.letters.at(-1)
  const index = before?.letters.findIndex((one) => last && keyOf(one) === keyOf(last)) ?? -1
  const older = index < 0 ? [] : (before?.letters.slice(index + 1) ?? [])
  if (!before || older.length === 0) return newest
  return { letters: [...newest.letters, ...older], nextPageToken: before.nextPageToken }
}

function keyOf({ partition, offset }: DeadLetter): string {
  return `${partition}/${offset}`
}

interface ReasonChoiceProps {
  readonly reasons: readonly string[]
  readonly chosen: string
  readonly onChoose: (reason: string) => void
}

function ReasonChoice({ reasons, chosen, onChoose }: ReasonChoiceProps) {
  return (
    <select
      class="reason-choice"
      aria-label="Filter by reason"
      onChange={(event) => onChoose(event.currentTarget.value)}
    >
      <option value="">All reasons</option>
      {reasons.map((reason) => (
        <option key={reason} value={reason} selected={reason === chosen}>
          {reason}
        </option>
      ))}
    </select>
  )
}

/** It replays all dead letters, after the cause is fixed. */
function ReplayCommand() {
  return <CopyButton label="Copy replay command" text="bun run producers/replay-dead-letters.ts" />
}
