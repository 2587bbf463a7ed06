import type { DescMethod } from '@bufbuild/protobuf'
import { useId } from 'preact/hooks'
import { type CallSettings, isTimeout } from './call-settings.ts'
import { canGet } from './http-request.ts'

interface CallOptionsFormProps {
  readonly method: DescMethod
  readonly options: CallSettings['options']
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
  const id = useId()
  const { protocol, format, useGet, timeoutMs } = options.value
  const change = (next: Partial<typeof options.value>) => {
    options.value = { ...options.value, ...next }
  }
  return (
    <div class="call-options">
      <Select
        label="Protocol"
        options={protocols}
        value={protocol}
        onChange={(value) => change({ protocol: value })}
      />
      <Select
        label="Encoding"
        options={formats}
        value={format}
        onChange={(value) => change({ format: value })}
      />
      {canGet(method) && protocol === 'connect' ? (
        <Select
          label="HTTP method"
          options={verbs}
          value={useGet ? 'get' : 'post'}
          onChange={(value) => change({ useGet: value === 'get' })}
        />
      ) : null}
      <div class="field">
        <label class="field-name" for={`${id}-timeout`}>
          Timeout (ms)
        </label>
        <input
          id={`${id}-timeout`}
          class="input input-short"
          type="number"
          min={1}
          step={1}
          placeholder="none"
          value={timeoutMs ?? ''}
          onInput={(event) => {
            const typed = Number(event.currentTarget.value)
            change({ timeoutMs: isTimeout(typed) ? typed : undefined })
          }}
        />
      </div>
    </div>
  )
}

interface SelectProps<Value extends string> {
  readonly label: string
  readonly options: readonly { readonly value: Value; readonly text: string }[]
  readonly value: Value
  readonly onChange: (value: Value) => void
}

function Select<Value extends string>({ label, options, value, onChange }: SelectProps<Value>) {
  const id = useId()
  return (
    <div class="field">
      <label class="field-name" for={id}>
        {label}
      </label>
      <select
        id={id}
        class="input"
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.currentTarget.value)
          if (chosen) onChange(chosen.value)
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </div>
  )
}
