import { useSignal } from '@preact/signals'
import { CopyButton } from './copy-button.tsx'
import { bytesShownMax, hexDump, prettyText, utf8Text } from './dead-letter-text.ts'
import { countText } from './format.ts'

/** True when a line of sixteen bytes does not fit. */
function isNarrow(): boolean {
  return !matchMedia('(width >= 45rem)').matches
}

/** The value of a dead letter, as text or as a hex dump. */
export function DeadLetterValue({ bytes }: { bytes: Uint8Array }) {
  const text = utf8Text(bytes)
  const showsHex = useSignal(text === undefined)
  const shown = bytes.subarray(0, bytesShownMax)
  const content =
    showsHex.value || text === undefined
      ? hexDump(shown, isNarrow() ? 8 : 16)
      : prettyText(text).slice(0, bytesShownMax)
  return (
    <div class="letter-value">
      <p class="letter-value-head">
        Value, {countText(bytes.byteLength)} bytes
        {bytes.byteLength > bytesShownMax ? `, the first ${countText(bytesShownMax)} shown` : ''}
        {text === undefined ? ', not text' : ''}
      </p>
      {text === undefined ? null : <CopyButton label="Copy" text={text} />}
      <button
        type="button"
        class="small-button"
        aria-pressed={showsHex.value}
        disabled={text === undefined}
        onClick={() => {
          showsHex.value = !showsHex.value
        }}
      >
        Hexadecimal
      </button>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <pre class="code letter-code" tabIndex={0}>
        {content || 'empty'}
      </pre>
    </div>
  )
}
