import { useEffect, useState } from 'preact/hooks'
import type { CallError, HttpHeader } from './call.ts'
import { MessagesView } from './messages-view.tsx'
import type { Outcome } from './outcome.ts'
import { bytesText, codeKind, durationText } from './outcome-text.ts'
import { Tabs } from './tabs.tsx'
import { type Violation, violationsOf } from './violations.ts'

interface OutcomeViewProps {
  readonly outcome: Outcome | undefined
  /** Name of the method, for the name of a downloaded file. */
  readonly name: string
  /** Moves the focus to the field at a path of the request. */
  readonly focusField: (path: string) => void
}

const tabs = [
  { value: 'body', text: 'Body' },
  { value: 'headers', text: 'Headers' },
  { value: 'trailers', text: 'Trailers' },
  { value: 'timing', text: 'Timing' },
] as const

/** The outcome of the call. */
export function OutcomeView({ outcome, name, focusField }: OutcomeViewProps) {
  const [tab, setTab] = useState<(typeof tabs)[number]['value']>('body')
  if (!outcome) {
    return (
      <section class="outcome" aria-label="Response">
        <h3 class="tabs-title">Response</h3>
        <p class="form-note">Send a request to see the response.</p>
      </section>
    )
  }
  const { error } = outcome
  return (
    <section class="outcome" aria-label="Response">
      <Status outcome={outcome} />
      <Tabs
        label="Parts of the response"
        title="Response"
        tabs={tabs}
        value={tab}
        onChange={setTab}
      >
        {tab === 'body' && error ? <ErrorView error={error} focusField={focusField} /> : null}
        {tab === 'body' ? <MessagesView outcome={outcome} name={name} /> : null}
        {tab === 'headers' ? <HeaderList headers={outcome.headers} /> : null}
        {tab === 'trailers' ? <HeaderList headers={outcome.trailers} /> : null}
        {tab === 'timing' ? <Timing outcome={outcome} /> : null}
      </Tabs>
    </section>
  )
}

/** Interval at which the duration of a running call is drawn, in milliseconds. */
const tickMs = 100

function Status({ outcome }: { outcome: Outcome }) {
  const { state, error, httpStatus, messageCount, byteCount } = outcome
  const durationMs = useTicking(outcome)
  const code = state === 'running' ? 'running' : (error?.code ?? 'ok')
  const facts = [
    httpStatus === undefined ? '' : `HTTP ${httpStatus}`,
    durationText(durationMs),
    messageCount > 1 ? `${messageCount} messages` : '',
    byteCount > 0 ? bytesText(byteCount) : '',
  ]
  return (
    <p class="status">
      <strong class="status-code" data-code={codeKind(code)}>
        {code}
      </strong>
      {facts.map((fact, index) => (fact === '' ? null : <span key={index}>{fact}</span>))}
    </p>
  )
}

/** The duration so far, which grows while the call runs. */
function useTicking({ state, startMs, durationMs }: Outcome): number {
  const [nowMs, setNowMs] = useState(startMs)
  useEffect(() => {
    if (state !== 'running') return
    const timer = setInterval(() => setNowMs(performance.now()), tickMs)
    return () => clearInterval(timer)
  }, [state, startMs])
  return state === 'running' ? Math.max(durationMs, nowMs - startMs) : durationMs
}

interface ErrorViewProps extends Pick<OutcomeViewProps, 'focusField'> {
  readonly error: CallError
}

/** The message of the error, or the rules that it is about, each with a way to its field. */
function ErrorView({ error, focusField }: ErrorViewProps) {
  const violations = violationsOf(error.details)
  const others = error.details.filter(({ typeName }) => typeName !== 'buf.validate.Violations')
  return (
    <div class="outcome-error" data-code={codeKind(error.code)}>
      {violations.length > 0 ? (
        <ViolationList violations={violations} focusField={focusField} />
      ) : (
        <p>{error.message || 'The error has no message.'}</p>
      )}
      {others.map(({ typeName, json }, index) => (
        <details key={index}>
          <summary>{typeName}</summary>
          <pre class="code">{json ?? 'Reflection has no descriptor of this type.'}</pre>
        </details>
      ))}
    </div>
  )
}

interface ViolationListProps extends Pick<OutcomeViewProps, 'focusField'> {
  readonly violations: readonly Violation[]
}

function ViolationList({ violations, focusField }: ViolationListProps) {
  return (
    <ul class="violations">
      {violations.map(({ path, message }, index) => (
        <li key={index}>
          {path === '' ? null : (
            <button type="button" class="violation-field" onClick={() => focusField(path)}>
              {path}
            </button>
          )}
          <span>{message}</span>
        </li>
      ))}
    </ul>
  )
}

function HeaderList({ headers }: { headers: readonly HttpHeader[] }) {
  if (headers.length === 0) return <p class="form-note">None.</p>
  return <Facts facts={headers} />
}

function Timing({ outcome }: { outcome: Outcome }) {
  const { headMs, firstMs, durationMs, messageCount, byteCount } = outcome
  const time = (ms: number | undefined) => (ms === undefined ? '–' : durationText(ms))
  return (
    <Facts
      facts={[
        ['Response headers', time(headMs)],
        ['First message', time(firstMs)],
        ['End', time(durationMs)],
        ['Messages', messageCount.toLocaleString('en')],
        ['Size of messages', bytesText(byteCount)],
      ]}
    />
  )
}

function Facts({ facts }: { facts: readonly (readonly [name: string, value: string])[] }) {
  return (
    <dl class="headers-list">
      {facts.map(([name, value], index) => (
        <div key={index}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
