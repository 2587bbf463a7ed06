import { type Signal, useSignalEffect } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { useSingleKeys } from '../shortcuts.ts'

const keys: readonly (readonly [keys: readonly string[], meaning: string])[] = [
  [['1', '2', '3', '4', '5'], 'Rate the open movie, or the focused one in the list'],
  [['0', '⌫'], 'Remove your rating'],
  [['←', '↑', '↓', '→'], 'Move between movies in the list'],
  [['←', '→'], 'Half a star less or more, in the stars'],
  [['←', '→'], 'Open the previous or next movie of the list'],
  [['/', 'Ctrl K', '⌘ K'], 'Search'],
  [['f'], 'Filter methods in the API explorer'],
  [['?'], 'Show these shortcuts'],
]

interface HelpProps {
  /** True while the dialog is open. */
  readonly open: Signal<boolean>
}

export function HelpButton({ open }: HelpProps) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label="Keyboard shortcuts"
      title="Keyboard shortcuts"
      aria-haspopup="dialog"
      onClick={() => {
        open.value = true
      }}
    >
      <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
        <rect class="icon-line" x="1.75" y="4.75" width="16.5" height="10.5" rx="2" />
        <path
          class="icon-line"
          d="M5 8.25h.01M8.300 8.25h.01M11.700 8.25h.01M15 8.25h.01M6 11.75h8"
        />
      </svg>
      <span class="button-word">Keyboard shortcuts</span>
    </button>
  )
}

/** The keyboard shortcuts, with a switch that turns single keys off. */
export function HelpDialog({ open, singleKeys }: HelpProps & { singleKeys: Signal<boolean> }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useSignalEffect(() => {
    if (open.value && !dialog.current?.open) dialog.current?.showModal()
  })
  useSingleKeys(singleKeys, (event) => {
    if (event.key !== '?') return
    event.preventDefault()
    open.value = true
  })
  return (
    <dialog
      ref={dialog}
      class="help"
      aria-labelledby="help-title"
      onClose={() => {
        open.value = false
      }}
    >
      <h2 id="help-title">Keyboard shortcuts</h2>
      <dl class="help-keys">
        {keys.map(([names, meaning]) => (
          <div key={meaning} class="help-row">
            <dt>
              {names.map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <label class="help-switch">
        <input
          type="checkbox"
          checked={singleKeys.value}
          onChange={(event) => {
            singleKeys.value = event.currentTarget.checked
          }}
        />
        Single-key shortcuts
      </label>
      <form method="dialog">
        <button type="submit" class="button">
          Close
        </button>
      </form>
    </dialog>
  )
}
