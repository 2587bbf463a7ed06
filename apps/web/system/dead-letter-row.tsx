import { type Client, ConnectError } from '@connectrpc/connect'
import { useSignal } from '@preact/signals'
import { useId } from 'preact/hooks'
import type {
  DeadLetter,
  DeadLetterService,
  GetDeadLetterResponse,
} from '../../../gen/system/v1/system_pb.ts'
import { Failure } from '../failure.tsx'
import { countText } from './figures.ts'
import { LetterValue } from './letter-value.tsx'
import { millis } from './rates.ts'

interface DeadLetterRowProps {
  readonly letter: DeadLetter
  readonly client: Promise<Client<typeof DeadLetterService>>
}

/** A dead letter: why it is here, and on demand all of it. */
export function DeadLetterRow({ letter, client }: DeadLetterRowProps) {
  const id = useId()
  const isOpen = useSignal(false)
  const whole = useSignal<GetDeadLetterResponse | undefined>(undefined)
  const failure = useSignal('')
  const load = async () => {
    const { partition, offset } = letter
    try {
      whole.value = await (await client).getDeadLetter({ partition, offset })
      failure.value = ''
    } catch (error) {
      failure.value = ConnectError.from(error).rawMessage
    }
  }
  const toggle = () => {
    isOpen.value = !isOpen.value
    if (isOpen.value && !whole.value) void load()
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
        {isOpen.value && whole.value ? <Whole letter={letter} whole={whole.value} /> : null}
        {isOpen.value && !whole.value && !failure.value ? <p class="table-note">Loading…</p> : null}
      </div>
    </li>
  )
}

function Whole({ letter, whole }: { letter: DeadLetter; whole: GetDeadLetterResponse }) {
  const { sourceTopic, sourcePartition, sourceOffset, valueBytes, valueOmitted } = letter
  const facts = {
    Source: `${sourceTopic}, partition ${sourcePartition}, offset ${sourceOffset}`,
    'Dead-letter topic': `partition ${letter.partition}, offset ${letter.offset}`,
  }
  return (
    <>
      <dl class="letter-facts">
        <Facts facts={facts} />
        <Facts facts={whole.headers} kind="letter-header" />
      </dl>
      {valueOmitted ? (
        <p class="table-note">
          The value ({countText(valueBytes)} bytes) is too large for the dead-letter topic. Read it
          from its source.
        </p>
      ) : (
        <LetterValue bytes={whole.value} />
      )}
    </>
  )
}

/** `kind` tells headers, whose names are the producer's, from what we say of them. */
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
