import { useSignal } from '@preact/signals'
import { copyText } from '../copy-text.ts'

/** Copies a text. Shows the text where the browser forbids copying. */
export function CopyButton({ label, text }: { label: string; text: string }) {
  const result = useSignal('')
  return (
    <span class="copy">
      <button
        type="button"
        class="small-button"
        onClick={async () => {
          result.value = (await copyText(text)) ? 'Copied' : text
        }}
      >
        {label}
      </button>
      <span role="status">{result.value}</span>
    </span>
  )
}
