import { useState } from 'preact/hooks'
import { inputProps, type ValueInputProps } from './input-props.ts'

/** A message that has JSON of its own, such as google.protobuf.Struct: the JSON itself. */
export function JsonInput(props: ValueInputProps) {
  const [typed, setTyped] = useState<string>()
  const type = (text: string) => {
    setTyped(text)
    const value = parsed(text)
    if (value !== undefined) props.onChange(value)
  }
  const isWrong = typed !== undefined && parsed(typed) === undefined
  return (
    <textarea
      {...inputProps({ ...props, wrong: props.wrong || isWrong })}
      class="input input-code"
      rows={4}
      spellcheck={false}
      value={typed ?? JSON.stringify(props.value, undefined, 2)}
      onInput={(event) => type(event.currentTarget.value)}
      onBlur={() => (isWrong ? undefined : setTyped(undefined))}
    />
  )
}

function parsed(text: string) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
