import type { DescMethod } from '@bufbuild/protobuf'
import { useState } from 'preact/hooks'
import { copyText } from '../copy-text.ts'
import type { CallOptions } from './call.ts'
import { examplesOf } from './examples.ts'
import type { FormShared } from './form-context.ts'
import { placeText } from './instance-picker.tsx'
import type { Instances } from './instances.ts'
import { MethodDocs } from './method-docs.tsx'
import { Badges } from './method-list.tsx'
import { MethodName } from './method-name.tsx'
import type { RequestState } from './request-state.ts'
import { requestFragment } from './shared-request.ts'
import { ownerOf, type Place, tryPath } from './try-path.ts'

interface MethodHeadProps extends Place {
  readonly method: DescMethod
  readonly instances: Instances
  readonly request: RequestState
  readonly options: CallOptions
  readonly commentOf: FormShared['commentOf']
}

/** Name and comment of the method, its examples, and a link to the request. */
export function MethodHead(props: MethodHeadProps) {
  const { method, at, instance, instances, request, options, commentOf } = props
  const { typeName } = method.parent
  const link = () => {
    const path = tryPath(typeName, method.name, at, instance)
    return location.origin + path + requestFragment({ text: request.text.peek(), options })
  }
  return (
    <header class="panel-head">
      <p class="panel-service">
        {typeName}
        {ownerOf(typeName) ? '' : ` at ${placeText({ at, instance }, instances.known.value)}`}
      </p>
      <div class="panel-name">
        <h2 class="panel-title">
          <MethodName name={method.name} />
        </h2>
        <Badges method={method} />
      </div>
      <MethodDocs method={method} text={commentOf(`${typeName}.${method.name}`)} />
      <div class="panel-actions">
        <ExampleSelect method={method} request={request} />
        <CopyLink link={link} />
      </div>
    </header>
  )
}

function ExampleSelect({ method, request }: Pick<MethodHeadProps, 'method' | 'request'>) {
  const examples = examplesOf(method.parent.typeName, method.name)
  if (examples.length === 0) return null
  const fill = (title: string) => {
    const example = examples.find((one) => one.title === title)
    if (example) request.fill(example.messages)
  }
  return (
    <select
      class="input example-select"
      aria-label="Example"
      value=""
      onChange={(event) => {
        fill(event.currentTarget.value)
        event.currentTarget.value = ''
      }}
    >
      <option value="">Examples</option>
      {examples.map(({ title }) => (
        <option key={title} value={title}>
          {title}
        </option>
      ))}
    </select>
  )
}

function CopyLink({ link }: { link: () => string }) {
  const [shown, setShown] = useState('')
  const copy = async () => {
    const text = link()
    setShown((await copyText(text)) ? 'Copied' : text)
  }
  return (
    <>
      <button type="button" class="small-button" onClick={copy}>
        Copy link
      </button>
      <span class="commands-copied" role="status">
        {shown}
      </span>
    </>
  )
}
