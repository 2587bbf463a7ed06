import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { ServiceAddresses } from '../addresses.ts'
import type { Call } from './call.ts'
import { Choice } from './choice.tsx'
import { bufCommand } from './command-buf.ts'
import { curlCommand } from './command-curl.ts'
import { grpcurlCommand } from './command-grpcurl.ts'
import { copyText, selectContents } from './copy-text.ts'
import { type DirectAddress, directAddress } from './direct-address.ts'
import type { ServiceName } from './try-path.ts'

interface CommandsProps {
  /** Undefined while the request is invalid. */
  readonly call: Call | undefined
  /** Full name of the RPC service. */
  readonly typeName: string
  readonly at: ServiceName
  readonly addresses: () => Promise<ServiceAddresses>
}

const tools = [
  { value: 'curl', text: 'curl' },
  { value: 'grpcurl', text: 'grpcurl' },
  { value: 'buf', text: 'buf curl' },
] as const

/** The call as commands for a shell. */
export function Commands({ call, typeName, at, addresses }: CommandsProps) {
  const tool = useSignal<Tool>('curl')
  const copied = useSignal('')
  const shown = useRef<HTMLPreElement>(null)
  const address = useSignal<DirectAddress | undefined>(undefined)
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    void directAddress({ typeName, at }, addresses, location.origin, signal).then((found) => {
      if (!signal.aborted) address.value = found
    })
    return () => controller.abort()
  }, [typeName, at, addresses])
  const command = call && commandOf(tool.value, call, address.value?.url)
  const note = tool.value === 'grpcurl' && address.value ? noteOf(at, address.value) : ''
  const copy = async () => {
    const isCopied = command !== undefined && (await copyText(command))
    if (!isCopied) selectContents(shown.current)
    copied.value = isCopied ? 'Copied' : 'Selected. Press Ctrl+C to copy.'
  }
  return (
    <section class="commands" aria-label="Commands">
      <div class="editor-head">
        <Choice
          label="Copy as"
          options={tools}
          value={tool.value}
          onChange={(value) => {
            tool.value = value
            copied.value = ''
          }}
        />
        <p class="commands-copied" role="status">
          {copied}
        </p>
        <button type="button" class="small-button" disabled={!command} onClick={copy}>
          Copy
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <pre class="code commands-code" ref={shown} tabIndex={0}>
        {command ?? (call ? '…' : 'The request is not valid yet.')}
      </pre>
      <p class="form-note">{note}</p>
    </section>
  )
}

type Tool = (typeof tools)[number]['value']

function commandOf(tool: Tool, call: Call, address: URL | undefined): string | undefined {
  if (tool === 'curl') return curlCommand(call)
  if (tool === 'buf') return bufCommand(call)
  return address && grpcurlCommand(call, address)
}

function noteOf(at: ServiceName, { url, isInstance }: DirectAddress): string {
  if (isInstance) {
    return `grpcurl can't send a path before the method, so this is the address of one ${at} instance. Your shell must be able to reach it.`
  }
  return url ? '' : `grpcurl can't send a path before the method, and no ${at} instance is known.`
}
