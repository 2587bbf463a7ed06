import { useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import { keepColored } from './json-colors.ts'
import { type JsonFold, type JsonPart, jsonParts } from './json-tree.ts'

/** JSON in colours. Objects and lists can be folded, and ids of movies are links. */
export function JsonView({ text }: { text: string }) {
  const box = useRef<HTMLDivElement>(null)
  // The same elements again, so that a new message of a stream does not compare those of all others.
  const parts = useMemo(() => <Parts parts={jsonParts(text)} />, [text])
  useLayoutEffect(() => (box.current ? keepColored(box.current) : undefined), [text])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
    <div class="code json" ref={box} tabIndex={0}>
      {parts}
    </div>
  )
}

function Parts({ parts }: { parts: readonly JsonPart[] }) {
  return parts.map((part, index) => {
    if (typeof part === 'string') return part
    if (part.kind === 'fold') return <Fold key={index} fold={part} />
    return (
      <a key={index} href={part.path}>
        {part.text}
      </a>
    )
  })
}

function Fold({ fold }: { fold: JsonFold }) {
  return (
    <details class="json-fold" open>
      <summary data-count={fold.count}>{fold.head}</summary>
      <Parts parts={fold.parts} />
    </details>
  )
}
