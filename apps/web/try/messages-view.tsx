import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { copyText } from '../copy-text.ts'
import { downloadJson } from '../download.ts'
import { JsonView } from './json-view.tsx'
import { type Matches, SearchField, useMatches } from './message-search.tsx'
import type { Outcome, ReceivedMessage } from './outcome.ts'
import { durationText } from './outcome-text.ts'

interface MessagesViewProps {
  readonly outcome: Outcome
  /** Name of the method, for the name of a downloaded file. */
  readonly name: string
}

/** The messages of the response, the newest first, with search, copy and download. */
export function MessagesView({ outcome, name }: MessagesViewProps) {
  const [search, setSearch] = useState('')
  const [wraps, setWraps] = useState(true)
  const [paused, setPaused] = useState<Outcome>()
  const shown = paused ?? outcome
  const isStream = shown.messageCount > 1
  const found =
    search === '' ? shown.messages : shown.messages.filter(({ json }) => includes(json, search))
  const listed = (isStream ? found : shown.messages).toReversed()
  const note = noteOf(shown, found.length, search, isStream)
  const { element, matches } = useMatches(search, shown.messages)
  if (outcome.messageCount === 0) return <NoMessage outcome={outcome} />
  return (
    <>
      <MessageTools
        search={search}
        setSearch={setSearch}
        matches={matches}
        wraps={wraps}
        setWraps={setWraps}
        textOf={() => shown.messages.map(({ json }) => json).join('\n')}
        name={name}
      >
        {outcome.state === 'running' || paused ? (
          <button
            type="button"
            class="small-button"
            aria-pressed={paused !== undefined}
            onClick={() => setPaused(paused ? undefined : outcome)}
          >
            {paused ? 'Resume' : 'Pause'}
          </button>
        ) : null}
      </MessageTools>
      <p class="form-note" role="status">
        {note}
      </p>
      <div class="messages" data-wrap={wraps} ref={element}>
        {listed.map((message) => (
          <MessageView
            key={message.number}
            message={message}
            previous={shown.messages.find(({ number }) => number === message.number - 1)}
            isOnly={!isStream}
          />
        ))}
      </div>
    </>
  )
}

function NoMessage({ outcome: { state, error } }: { outcome: Outcome }) {
  if (error !== undefined) return null
  const text = state === 'running' ? 'Waiting for a message…' : 'The response has no messages.'
  return <p class="form-note">{text}</p>
}

function includes(json: string, search: string): boolean {
  return json.toLowerCase().includes(search.toLowerCase())
}

function noteOf(outcome: Outcome, foundCount: number, search: string, isStream: boolean): string {
  const { messages, messageCount } = outcome
  if (search !== '' && foundCount === 0) return `“${search}” was not found.`
  if (search !== '' && isStream) return `${foundCount} of ${messages.length} messages have it.`
  return messageCount > messages.length
    ? `Showing the last ${messages.length} of ${messageCount} messages.`
    : ''
}

interface MessageToolsProps {
  readonly search: string
  readonly setSearch: (search: string) => void
  readonly matches: Matches
  readonly wraps: boolean
  readonly setWraps: (wraps: boolean) => void
  /** Returns all messages, which may be megabytes. */
  readonly textOf: () => string
  readonly name: string
  readonly children: ComponentChildren
}

function MessageTools(props: MessageToolsProps) {
  const { search, setSearch, matches, wraps, setWraps, textOf, name, children } = props
  const [copied, setCopied] = useState('')
  const copy = async () => setCopied((await copyText(textOf())) ? 'Copied' : "Couldn't copy")
  return (
    <div class="message-tools">
      <SearchField search={search} setSearch={setSearch} matches={matches} />
      {children}
      <button
        type="button"
        class="small-button"
        aria-pressed={wraps}
        onClick={() => setWraps(!wraps)}
      >
        Wrap
      </button>
      <button type="button" class="small-button" onClick={copy}>
        Copy
      </button>
      <button
        type="button"
        class="small-button"
        onClick={() => downloadJson(textOf(), `${name}.json`)}
      >
        Download
      </button>
      <span class="commands-copied" role="status">
        {copied}
      </span>
    </div>
  )
}

interface MessageViewProps {
  readonly message: ReceivedMessage
  /** The message before it, if it is kept. */
  readonly previous: ReceivedMessage | undefined
  readonly isOnly: boolean
}

function MessageView({ message, previous, isOnly }: MessageViewProps) {
  return (
    <article class="message">
      {isOnly ? null : (
        <p class="message-head">
          <span>Message {message.number}</span>
          <span>
            {previous
              ? `+${durationText(message.atMs - previous.atMs)}`
              : `after ${durationText(message.atMs)}`}
          </span>
        </p>
      )}
      <JsonView text={message.json} />
    </article>
  )
}
