import { useLayoutEffect, useRef } from 'preact/hooks'
import type { CallError, HttpHeader } from './call.ts'
import type { Outcome, ReceivedMessage } from './outcome.ts'

/** The outcome of the call. */
export function OutcomeView({ outcome }: { outcome: Outcome | undefined }) {
  if (!outcome) {
    return (
      <section class="outcome outcome-empty" aria-label="Response">
        <p>Send a request to see the response.</p>
      </section>
    )
  }
  const { headers, trailers, error } = outcome
  return (
    <section class="outcome" aria-label="Response">
      <Summary outcome={outcome} />
      {error ? <ErrorView error={error} /> : null}
      <Messages outcome={outcome} />
      <HeaderList title="Headers" headers={headers} />
      <HeaderList title="Trailers" headers={trailers} />
    </section>
  )
}

function Summary({ outcome }: { outcome: Outcome }) {
  const { state, error, httpStatus, durationMs, messageCount, byteCount } = outcome
  const code = state === 'running' ? 'running' : (error?.code ?? 'ok')
  const facts: [string, string][] = [
    ['HTTP', httpStatus === undefined ? '–' : `${httpStatus}`],
    ['Duration', durationText(durationMs)],
    ['Messages', `${messageCount}`],
    ['Bytes', byteCount.toLocaleString('en')],
  ]
  return (
    <dl class="summary">
      <div class="summary-code" data-code={code === 'ok' || code === 'running' ? code : 'error'}>
        <dt>Code</dt>
        <dd>{code}</dd>
      </div>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function ErrorView({ error }: { error: CallError }) {
  return (
    <div class="outcome-error">
      <p>{error.message || 'The error has no message.'}</p>
      {error.details.map(({ typeName, json }, index) => (
        <details key={index}>
          <summary>{typeName}</summary>
          <Code text={json ?? 'Reflection has no descriptor of this type.'} />
        </details>
      ))}
    </div>
  )
}

function Messages({ outcome }: { outcome: Outcome }) {
  const { messages, messageCount } = outcome
  const list = useRef<HTMLDivElement>(null)
  const follows = useRef(true)
  useLayoutEffect(() => {
    const isStream = messageCount > 1
    if (isStream && list.current && follows.current) {
      list.current.scrollTop = list.current.scrollHeight
    }
  }, [messages])
  const scrolled = ({ currentTarget: box }: { currentTarget: HTMLElement }) => {
    follows.current = box.scrollTop + box.clientHeight > box.scrollHeight - 40
  }
  if (messageCount === 0) return null
  const droppedCount = messageCount - messages.length
  return (
    <>
      {droppedCount > 0 ? (
        <p class="form-note">
          Showing the last {messages.length} of {messageCount} messages.
        </p>
      ) : null}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <div class="messages" ref={list} tabIndex={0} onScroll={scrolled}>
        {messages.map((message) => (
          <MessageView key={message.number} message={message} isOnly={messageCount === 1} />
        ))}
      </div>
    </>
  )
}

function MessageView({ message, isOnly }: { message: ReceivedMessage; isOnly: boolean }) {
  return (
    <article class="message">
      {isOnly ? null : (
        <p class="message-head">
          <span>{message.number}</span>
          <span>after {durationText(message.atMs)}</span>
        </p>
      )}
      <Code text={message.json} />
    </article>
  )
}

function Code({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
    <pre class="code" tabIndex={0}>
      {text}
    </pre>
  )
}

function HeaderList({ title, headers }: { title: string; headers: readonly HttpHeader[] }) {
  return (
    <details class="headers" open={headers.length > 0 && title === 'Trailers'}>
      <summary>
        {title} <span class="headers-count">{headers.length}</span>
      </summary>
      <dl class="headers-list">
        {headers.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

function durationText(durationMs: number): string {
  if (durationMs < 10) return `${durationMs.toFixed(1)} ms`
  return durationMs < 10_000
    ? `${Math.round(durationMs)} ms`
    : `${(durationMs / 1000).toFixed(1)} s`
}
