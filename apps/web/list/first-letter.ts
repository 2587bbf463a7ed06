export const letters: readonly string[] = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')

/** The letter of the rail under which a title is; undefined for digits and other characters. */
export function firstLetter(title: string): string | undefined {
  const first = title.trim().charAt(0).normalize('NFD').charAt(0).toUpperCase()
  return letters.find((letter) => letter === first)
}
