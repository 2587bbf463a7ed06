/** Letters that Unicode does not decompose, and the ampersand. */
const spelled: ReadonlyMap<string, string> = new Map([
  ['&', ' and '],
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['ø', 'o'],
  ['đ', 'd'],
  ['ð', 'd'],
  ['þ', 'th'],
  ['ł', 'l'],
  ['ı', 'i'],
])

/** Maximum length of a joined word, in UTF-16 code units. */
const joinedLengthMax = 32

const articles: ReadonlySet<string> = new Set(['the', 'a', 'an'])

/** Words of a text, as a search compares them. */
export interface Words {
  /** In the order of the text: "Spider-Man's" has "spider", "man" and "s". */
  readonly inOrder: readonly string[]
  /** Those that punctuation separates, in one: "spidermans". */
  readonly joined: readonly string[]
}

/** Returns the words of a text: in lower case, without accents, split at punctuation. */
export function wordsOf(text: string): Words {
  const inOrder: string[] = []
  const joined: string[] = []
  for (const part of fold(text).split(/\s+/u)) {
    const words = part.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
    inOrder.push(...words)
    const whole = words.join('')
    if (words.length > 1 && whole.length <= joinedLengthMax) joined.push(whole)
  }
  return { inOrder, joined }
}

/**
 * Returns the words as one text without spaces and without an article at the beginning, by which
 * whole titles are compared: "The Star-Wars" is "starwars".
 */
export function compact(words: readonly string[]): string {
  const [first = '', ...rest] = words
  return (rest.length > 0 && articles.has(first) ? rest : words).join('')
}

function fold(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  return plain.replace(/[&ßæœøđðþłı]/g, (letter) => spelled.get(letter) ?? letter)
}
