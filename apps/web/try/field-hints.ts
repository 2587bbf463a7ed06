import { definedOnly } from './rule-text.ts'
import type { FieldRules } from './rules.ts'

/**
 * The rules of a field that its comment does not say itself. A form of its own, such as that of a
 * date, says more than a length, and a choice says which values are defined.
 */
export function hintsBeside(comment: string | undefined, rules: FieldRules): string[] {
  const { hints, messages, patterns } = rules
  const known = comment ? tokensOf(comment) : new Set<string>()
  const hasForm = hints.some(isForm) && patterns.length > 0
  return [...hints, ...(comment ? [] : messages)].filter((hint) => {
    if (hint === definedOnly || (hasForm && isLength(hint))) return false
    const tokens = [...tokensOf(hint)]
    return tokens.length === 0 || !tokens.every((token) => known.has(token))
  })
}

function isLength(hint: string): boolean {
  return hint.endsWith(' characters')
}

function isForm(hint: string): boolean {
  return !isLength(hint) && hint !== 'no spaces'
}

/** Words of hints that comments have other words for. */
const fillers = new Set(['characters', 'items', 'each', 'more', 'less', 'least', 'such', 'from'])

/** The numbers and the longer words of a text, in one spelling. */
function tokensOf(text: string): Set<string> {
  const parts = text.toLowerCase().match(/\d[\d,]*(?:\.\d+)?|\p{L}{4,}/gu) ?? []
  return new Set(parts.filter((part) => !fillers.has(part)).map(spelling))
}

function spelling(part: string): string {
  const number = Number(part.replaceAll(',', ''))
  return Number.isNaN(number) ? part : String(number)
}
