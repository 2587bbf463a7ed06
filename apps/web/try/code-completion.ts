import type { DescEnum, DescField, DescMessage } from '@bufbuild/protobuf'
import type { CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { syntaxTree } from '@codemirror/language'
import { typeText } from './field-control.ts'

type SyntaxNode = ReturnType<ReturnType<typeof syntaxTree>['resolveInner']>

/** Completes the names of fields, and of the values of enums, in the JSON of a message. */
export function fieldCompletion(desc: DescMessage) {
  return ({ state, pos, explicit }: CompletionContext): CompletionResult | null => {
    const node = syntaxTree(state).resolveInner(pos, -1)
    const names = propertyNames(node, (from, to) => state.sliceDoc(from, to))
    if (node.name === 'String') {
      const values = fieldAt(desc, names)?.enum
      return values ? { from: node.from + 1, to: node.to - 1, options: enumOptions(values) } : null
    }
    const isName = node.name === 'PropertyName'
    if (!isName && !(explicit && node.name === 'Object')) return null
    const message = messageAt(desc, isName ? names.slice(0, -1) : names)
    if (!message) return null
    const options = message.fields.map((field) => fieldOption(field, !isName))
    return isName ? { from: node.from + 1, to: node.to - 1, options } : { from: pos, options }
  }
}

function fieldOption(field: DescField, needsQuotes: boolean) {
  const { jsonName } = field
  const apply = needsQuotes ? `"${jsonName}": ` : jsonName
  return { label: jsonName, apply, detail: typeText(field), type: 'property' }
}

function enumOptions({ values }: DescEnum) {
  return values.map(({ name }) => ({ label: name, type: 'enum' }))
}

/** Names of the properties around the node, the outermost first. */
function propertyNames(
  node: SyntaxNode,
  textOf: (from: number, to: number) => string,
): readonly string[] {
  const names: string[] = []
  for (let at: SyntaxNode | null = node; at; at = at.parent) {
    const name = at.name === 'Property' ? at.getChild('PropertyName') : null
    if (name) names.unshift(textOf(name.from + 1, name.to - 1))
  }
  return names
}

function fieldAt(desc: DescMessage, names: readonly string[]): DescField | undefined {
  const message = messageAt(desc, names.slice(0, -1))
  return message && fieldNamed(message, names.at(-1))
}

/** The message at a path of names; items of a list have no name of their own. */
function messageAt(desc: DescMessage, names: readonly string[]): DescMessage | undefined {
  return names.reduce<DescMessage | undefined>(
    (message, name) => message && fieldNamed(message, name)?.message,
    desc,
  )
}

function fieldNamed({ fields }: DescMessage, text: string | undefined): DescField | undefined {
  return fields.find(({ jsonName, name }) => jsonName === text || name === text)
}
