import type { Calls } from '@marquee/client/calls'
import type { DeadLetter, DeadLetterService, GetDeadLetterResponse } from '@marquee/client/system'
import { useSignal } from '@preact/signals'
import { useId } from 'preact/hooks'
import { Failure } from '../failure.tsx'
import { loadErrorText } from '../rpc-error.ts'
import { DeadLetterValue } from './dead-letter-value.tsx'
import { countText } from './format.ts'
import { millis } from './times.ts'

interface DeadLetterRowProps {
  readonly letter: DeadLetter
  readonly client: Promise<Calls<typeof DeadLetterService>>
}

/** A dead letter with its reason; expands to its headers and value. */
export function DeadLetterRow({ letter, client }: DeadLetterRowProps) {
  const id = useId()
  const isOpen = useSignal(false)
  const content = useSignal<GetDeadLetterResponse | undefined>(undefined)
  const failure = useSignal('')
  const load = async () => {
    const { partition, offset } = letter
    const { getDeadLetter } = await client
    const result = await getDeadLetter({ partition, offset })
    failure.value = result.ok ? '' : loadErrorText(result.error, 'rating')
    if (result.ok) content.value = result.value
  }
  const toggle = () => {
    isOpen.value = !isOpen.value
    if (isOpen.value && !content.value) void load()
  }
  return (
    <li class="letter">
      <button
        type="button"
        class="letter-head"
        aria-expanded={isOpen.value}
        aria-controls={id}
        onClick={toggle}
      >
        <span class="letter-key">{letter.key || 'no key'}</span>
        <span class="letter-reason">{letter.reason}</span>
        <time class="letter-time" dateTime={new Date(millis(letter.time)).toISOString()}>
          {new Date(millis(letter.time)).toLocaleString()}
        </time>
      </button>
      <div id={id} class="letter-body" hidden={!isOpen.value}>
        {failure.value ? (
          <Failure
            title="Couldn't read this dead letter"
            text={failure.value}
            retry={() => void load()}
          />
        ) : null}
        {isOpen.value && content.value ? <Content letter={letter} content={content.value} /> : null}
        {isOpen.value && !content.value && !failure.value ? (
          <p class="table-note">Loading…</p>
        ) : null}
      </div>
    </li>
  )
}

function Content({ letter, content }: { letter: DeadLetter; content: GetDeadLetterResponse }) {
  const { sourceTopic, sourcePartition, sourceOffset, valueBytes, valueOmitted } = letter
  const facts = {
    Source: `${sourceTopic}, partition ${sourcePartition}, offset ${sourceOffset}`,
    'Dead letter': `partition ${letter.partition}, offset ${letter.offset}`,
  }
  return (
    <>
      <dl class="letter-facts">
        <Facts facts={facts} />
        <Facts facts={content.headers} kind="letter-header" />
      </dl>
      {valueOmitted ? (
        <p class="table-note">
          The value ({countText(valueBytes)} bytes) is too large for the dead-letter topic. Read it
          from its source.
        </p>
      ) : (
        <DeadLetterValue bytes={content.value} />
      )}
    </>
  )
}

/** `kind` marks the producer's headers, to distinguish them from our own facts. */
function Facts({ facts, kind = '' }: { facts: Readonly<Record<string, string>>; kind?: string }) {
  return (
    <>
      {Object.entries(facts).map(([name, value]) => (
        <div key={name} class={kind}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </>
  )
}
