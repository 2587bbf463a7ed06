import type { DescMethod } from '@bufbuild/protobuf'
import { useState } from 'preact/hooks'
import { CallOptionsForm } from './call-options-form.tsx'
import type { CallSettings } from './call-settings.ts'
import type { FormShared } from './form-context.ts'
import { HeadersForm } from './headers-form.tsx'
import { RequestEditor } from './request-editor.tsx'
import type { RequestState } from './request-state.ts'
import { Tabs } from './tabs.tsx'

interface RequestTabsProps {
  readonly method: DescMethod
  readonly request: RequestState
  readonly settings: CallSettings
  readonly form: FormShared
}

type Tab = 'body' | 'headers' | 'options'

/** The parts of the request: its body, its headers, and how it is sent. */
export function RequestTabs({ method, request, settings, form }: RequestTabsProps) {
  const [tab, setTab] = useState<Tab>('body')
  const headerCount = settings.callOptions.value.headers.length
  const tabs = [
    { value: 'body', text: 'Body' },
    { value: 'headers', text: `Headers & auth${headerCount > 0 ? ` (${headerCount})` : ''}` },
    { value: 'options', text: 'Options' },
  ] as const
  return (
    <section class="request-tabs" aria-label="Request">
      <Tabs
        label="Parts of the request"
        title="Request"
        tabs={tabs}
        value={tab}
        onChange={setTab}
        aside={<OptionsNote options={settings.callOptions.value} />}
      >
        {tab === 'body' ? <RequestEditor method={method} request={request} form={form} /> : null}
        {tab === 'headers' ? <HeadersForm rows={settings.headerRows} /> : null}
        {tab === 'options' ? <CallOptionsForm method={method} options={settings.options} /> : null}
      </Tabs>
    </section>
  )
}

/** How the request is sent, in short. */
function OptionsNote({ options }: { options: CallSettings['callOptions']['value'] }) {
  const protocol = options.protocol === 'connect' ? 'Connect' : 'gRPC-Web'
  const format = options.format === 'json' ? 'JSON' : 'binary'
  return (
    <p class="form-note options-note">
      {protocol}, {format}
    </p>
  )
}
