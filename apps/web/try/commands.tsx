import { useSignal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { copyText, selectContents } from '../copy-text.ts'
import { type Call, callThroughGateway } from './call.ts'
import { Choice } from './choice.tsx'
import { bufCommand } from './command-buf.ts'
import { curlCommand } from './command-curl.ts'
import { grpcurlCommand } from './command-grpcurl.ts'
import { restCommand } from './command-rest.ts'
import { typescriptProgram } from './command-typescript.ts'
import type { DirectAddress } from './direct-address.ts'
import { type AddressProps, useAddress } from './use-address.ts'

interface CommandsProps extends AddressProps {
  /** Undefined while the request is invalid. */
  readonly call: Call | undefined
}

const tools = [
  { value: 'curl', text: 'curl' },
  { value: 'grpcurl', text: 'grpcurl' },
  { value: 'buf', text: 'buf curl' },
  { value: 'typescript', text: 'TypeScript' },
  { value: 'rest', text: 'REST' },
] as const

/** The call as commands for a shell, and as a program. */
export function Commands(props: CommandsProps) {
  const { call } = props
  const tool = useSignal<Tool>('curl')
  const copied = useSignal('')
  const shown = useRef<HTMLPreElement>(null)
  const [isRevealed, setRevealed] = useState(false)
  // A person copies the selection, which has to be whole.
  useEffect(() => {
    if (isRevealed) selectContents(shown.current)
  }, [isRevealed])
  const address = useAddress(props)
  const command = commandOf(tool.value, call, address, props.instance)
  const note = address ? noteOf(tool.value, props, address) : ''
  const copy = async () => {
    const isCopied = command !== undefined && (await copyText(command))
    if (!isCopied) {
      selectContents(shown.current)
      setRevealed(true)
    }
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
      {call ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
        <pre class="code commands-code" ref={shown} tabIndex={0}>
          {(isRevealed ? command : masked(command, call)) ?? missing[tool.value]}
        </pre>
      ) : (
        <p class="form-note">Correct the request to copy the call.</p>
      )}
      <p class="form-note">{note}</p>
    </section>
  )
}

/** The command as it is shown: without the token that the field for it hides. It is copied whole. */
function masked(command: string | undefined, { options }: Call): string | undefined {
  const tokens = options.headers.flatMap(([name, value]) =>
    name.toLowerCase() === 'authorization' ? [value.replace(/^Bearer /, '')] : [],
  )
  return tokens.reduce((text, token) => text?.replaceAll(token, '••••••'), command)
}

type Tool = (typeof tools)[number]['value']

/** Texts for a call that a tool cannot make. */
const missing: Readonly<Record<Tool, string>> = {
  curl: '…',
  // The address is looked up, or the note says that none is known.
  grpcurl: '…',
  buf: '…',
  typescript: '@marquee/client has no such method: it streams its request, or is a part of gRPC.',
  rest: 'No REST route at this address can make the call.',
}

/** The command for the call, which names the chosen instance by its own address if that is known. */
function commandOf(
  tool: Tool,
  call: Call | undefined,
  address: DirectAddress | undefined,
  instance: string | undefined,
): string | undefined {
  if (instance === undefined || call === undefined) return call && textOf(tool, call, address?.url)
  if (address === undefined) return undefined
  return address.url
    ? textOf(tool, { ...call, baseUrl: address.url.origin }, address.url)
    : textOf(tool, callThroughGateway(call, instance), undefined)
}

function textOf(tool: Tool, call: Call, address: URL | undefined): string | undefined {
  switch (tool) {
    case 'curl':
      return curlCommand(call)
    case 'grpcurl':
      return address && grpcurlCommand(call, address)
    case 'buf':
      return bufCommand(call)
    case 'typescript':
      return typescriptProgram(call)
    case 'rest':
      return address && !isShadowed(call, address) ? restCommand(call, address) : undefined
  }
}

/** True at movie, which has a method of its own at the route: see docs/rest.md. */
function isShadowed({ method }: Call, address: URL): boolean {
  return method.name === 'DeleteMetadata' && address.origin === location.origin
}

function noteOf(tool: Tool, { at, instance }: CommandsProps, address: DirectAddress): string {
  const { url, isInstance } = address
  if (isInstance && instance !== undefined) {
    return "This is the instance's own address. Your shell must be able to reach it."
  }
  if (tool !== 'grpcurl') return ''
  if (isInstance) {
    return `grpcurl can't send a path before the method, so this is the address of one ${at} instance. Your shell must be able to reach it.`
  }
  const missed = instance === undefined ? `${at} instance` : `instance “${instance}” of ${at}`
  return url ? '' : `grpcurl can't send a path before the method, and no ${missed} is known.`
}
