export const letters: readonly string[] = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')

/**
 * The letter of the rail under which a title is, in the order of titles: `metadata.v1.Facets.Letter`.
 * Undefined for digits, small letters and others.
 */
export function firstLetter(title: string): string | undefined {
  return letters.find((letter) => title.startsWith(letter))
}
