import { createCalls } from '@marquee/client/calls'
import { type DeadLetter, DeadLetterService } from '@marquee/client/system'
import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { ServiceAddresses } from '../addresses.ts'
import { optionsOf } from '../clients.ts'
import { Failure } from '../failure.tsx'
import { DeadLetterRow } from './dead-letter-row.tsx'

interface DeadLettersProps {
  readonly addresses: () => Promise<ServiceAddresses>
  /** Total in all instances; when it changes, the list is loaded again. */
  readonly deadLetterCount: number
}

interface Listed {
  readonly letters: readonly DeadLetter[]
  readonly nextPageToken: string
}

/** The rating events that could not be applied, newest first; each can be expanded. */
export function DeadLetters({ addresses, deadLetterCount }: DeadLettersProps) {
  const client = useMemo(
    () =>
      addresses().then(({ services }) =>
        createCalls(DeadLetterService, optionsOf(services.rating)),
      ),
    [addresses],
  )
  const listed = useSignal<Listed | undefined>(undefined)
  const failure = useSignal('')
  const load = async (before?: Listed) => {
    const { listDeadLetters } = await client
    const next = await listDeadLetters({ pageToken: before?.nextPageToken ?? '' })
    failure.value = next.ok ? '' : next.error.message
    if (!next.ok) return
    const { deadLetters, nextPageToken } = next.value
    listed.value = { letters: [...(before?.letters ?? []), ...deadLetters], nextPageToken }
  }
  useEffect(() => void load(), [client, deadLetterCount])
  const { letters = [], nextPageToken = '' } = listed.value ?? {}
  return (
    <section class="dead-letters" id="dead-letters" aria-labelledby="dead-letters-title">
      <h2 id="dead-letters-title">Dead letters</h2>
      {failure.value ? (
        <Failure
          title="Couldn't read dead letters"
          text={failure.value}
          retry={() => void load(listed.peek())}
        />
      ) : null}
      <ul class="letters">
        {letters.map((letter) => (
          <DeadLetterRow
            key={`${letter.partition}/${letter.offset}`}
            letter={letter}
            client={client}
          />
        ))}
      </ul>
      {letters.length === 0 && !failure.value ? (
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
