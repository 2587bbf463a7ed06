import type { DescMethod } from '@bufbuild/protobuf'

/** The comment of a method, of which a long one is shown on demand beyond its first sentence. */
export function MethodDocs({ method, text }: { method: DescMethod; text: string | undefined }) {
  if (text === undefined) return null
  const { first, rest } = splitDocs(text)
  return (
    <div class="method-docs">
      <p>{first}</p>
      {rest === '' ? null : (
        <details>
          <summary aria-label={`Full description of ${method.name}`}>Full description</summary>
          {rest.split('\n\n').map((paragraph) => (
            <p key={paragraph} class={paragraph.startsWith('\t') ? 'method-docs-table' : undefined}>
              {paragraph}
            </p>
          ))}
        </details>
      )}
    </div>
  )
}

/** The first sentence, and all that follows. Lines of a paragraph are joined, those of a table kept. */
export function splitDocs(text: string): { readonly first: string; readonly rest: string } {
  const flowing = text
    .split(/\n\s*\n/)
    .map((block) => (block.startsWith('\t') ? block : block.replaceAll('\n', ' ')))
  const [head = '', ...others] = flowing
  const end = /[.:](?= [A-Z])/.exec(head)
  const first = end ? head.slice(0, end.index + 1) : head
  const rest = [head.slice(first.length).trim(), ...others].filter((block) => block !== '')
  return { first, rest: rest.join('\n\n') }
}
