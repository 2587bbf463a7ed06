import type { Signal } from '@preact/signals'
import { useId } from 'preact/hooks'
import { type HeaderRow, rowProblem, withBearer } from './header-rows.ts'

/** The headers of all calls, as rows that can be turned off, and a field for a bearer token. */
export function HeadersForm({ rows }: { rows: Signal<readonly HeaderRow[]> }) {
  const id = useId()
  const change = (index: number, part: Partial<HeaderRow>) => {
    rows.value = rows.value.map((row, at) => (at === index ? { ...row, ...part } : row))
  }
  const add = () => {
    rows.value = [...rows.value, { name: '', value: '', isOn: true }]
  }
  return (
    <div class="header-rows">
      {rows.value.map((row, index) =>
        // The field for the token shows this one, hidden from who looks over a shoulder.
        bearerOf([row]) !== '' ? null : (
          <HeaderInputs
            key={index}
            row={row}
            index={index}
            change={(part) => change(index, part)}
            remove={() => {
              rows.value = rows.value.toSpliced(index, 1)
            }}
          />
        ),
      )}
      <button type="button" class="small-button" onClick={add}>
        Add header
      </button>
      <div class="field">
        <label class="field-name" for={`${id}-token`}>
          Bearer token
        </label>
        <input
          id={`${id}-token`}
          class="input"
          type="password"
          autocomplete="off"
          value={bearerOf(rows.value)}
          onInput={(event) => {
            rows.value = withBearer(rows.value, event.currentTarget.value)
          }}
        />
      </div>
      <p class="form-note">
        Sent with every call of this page. Kept until you close the tab; never part of a link or of
        the history.
      </p>
    </div>
  )
}

interface HeaderInputsProps {
  readonly row: HeaderRow
  readonly index: number
  readonly change: (part: Partial<HeaderRow>) => void
  readonly remove: () => void
}

function HeaderInputs({ row, index, change, remove }: HeaderInputsProps) {
  const problem = rowProblem(row)
  const number = index + 1
  return (
    <div class="header-row">
      <input
        type="checkbox"
        aria-label={`Send header ${number}`}
        checked={row.isOn}
        onChange={(event) => change({ isOn: event.currentTarget.checked })}
      />
      <input
        class="input"
        aria-label={`Name of header ${number}`}
        aria-invalid={problem !== undefined}
        placeholder="Name, such as x-request-id"
        autocomplete="off"
        spellcheck={false}
        value={row.name}
        onInput={(event) => change({ name: event.currentTarget.value })}
      />
      <input
        class="input"
        aria-label={`Value of header ${number}`}
        placeholder="Value"
        autocomplete="off"
        spellcheck={false}
        value={row.value}
        onInput={(event) => change({ value: event.currentTarget.value })}
      />
      <button
        type="button"
        class="small-button remove"
        aria-label={`Remove header ${number}`}
        onClick={remove}
      >
        <span aria-hidden="true">×</span>
      </button>
      <p class="field-problems">{problem}</p>
    </div>
  )
}

function bearerOf(rows: readonly HeaderRow[]): string {
  const row = rows.find(({ name }) => name.trim().toLowerCase() === 'authorization')
  return /^Bearer (.*)$/.exec(row?.value ?? '')?.[1] ?? ''
}
