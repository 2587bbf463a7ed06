import type { DescMethod } from '@bufbuild/protobuf'
import type { Signal } from '@preact/signals'
import { useId, useState } from 'preact/hooks'
import type { CallOptions } from './call.ts'
import { Choice } from './choice.tsx'
import { headerText, parseHeaderText } from './header-text.ts'
import { canGet } from './http-request.ts'

interface CallOptionsFormProps {
  readonly method: DescMethod
  readonly options: Signal<CallOptions>
}

const protocols = [
  { value: 'connect', text: 'Connect' },
  { value: 'grpc-web', text: 'gRPC-Web' },
] as const

const formats = [
  { value: 'json', text: 'JSON' },
  { value: 'binary', text: 'Binary' },
] as const

const verbs = [
  { value: 'post', text: 'POST' },
  { value: 'get', text: 'GET' },
] as const

/** The options of a call, shared by all methods. */
export function CallOptionsForm({ method, options }: CallOptionsFormProps) {
  const { protocol, format, useGet } = options.value
  const change = (next: Partial<CallOptions>) => {
    options.value = { ...options.value, ...next }
  }
  return (
    <div class="call-options">
      <Choice
        label="Protocol"
        options={protocols}
        value={protocol}
        onChange={(value) => change({ protocol: value })}
      />
      <Choice
        label="Encoding"
        options={formats}
        value={format}
        onChange={(value) => change({ format: value })}
      />
      {canGet(method) && protocol === 'connect' ? (
        <Choice
          label="HTTP method"
          options={verbs}
          value={useGet ? 'get' : 'post'}
          onChange={(value) => change({ useGet: value === 'get' })}
        />
      ) : null}
      <HeadersAndTimeout options={options.value} change={change} />
    </div>
  )
}

interface HeadersAndTimeoutProps {
  readonly options: CallOptions
  readonly change: (next: Partial<CallOptions>) => void
}

function HeadersAndTimeout({ options, change }: HeadersAndTimeoutProps) {
  const id = useId()
  const [typed, setTyped] = useState(headerText(options.headers))
  const parsed = parseHeaderText(typed)
  const typeHeaders = (text: string) => {
    setTyped(text)
    const next = parseHeaderText(text)
    if ('headers' in next) change({ headers: next.headers })
  }
  const typeTimeout = (text: string) => {
    const timeoutMs = Number(text)
    change({ timeoutMs: Number.isSafeInteger(timeoutMs) && timeoutMs > 0 ? timeoutMs : undefined })
  }
  return (
    <details class="metadata">
      <summary>Headers, auth &amp; timeout</summary>
      <div class="field">
        <label class="field-name" for={`${id}-headers`}>
          Headers
        </label>
        <textarea
          id={`${id}-headers`}
          class="input input-code"
          rows={2}
          spellcheck={false}
          placeholder="x-request-id: my-call"
          aria-describedby={`${id}-problem`}
          aria-invalid={'problem' in parsed}
          value={typed}
          onInput={(event) => typeHeaders(event.currentTarget.value)}
        />
        <p class="field-problems" id={`${id}-problem`}>
          {'problem' in parsed ? parsed.problem : ''}
        </p>
      </div>
      <div class="field">
        <label class="field-name" for={`${id}-timeout`}>
          Timeout in milliseconds
        </label>
        <input
          id={`${id}-timeout`}
          class="input input-short"
          type="number"
          min={1}
          step={1}
          value={options.timeoutMs ?? ''}
          onInput={(event) => typeTimeout(event.currentTarget.value)}
        />
      </div>
    </details>
  )
}
