/** A file that a walkthrough shows whole. */
export interface ShownFile {
  /** From the top of the project. */
  readonly path: string
  readonly text: string
}

/** Returns the files that the page shows: a path in backticks on a line of its own, then the code. */
export function shownFiles(page: string): ShownFile[] {
  return [...page.matchAll(/^`([^`\n]+)`\n\n```\w+\n([\s\S]*?)^```$/gm)].map(
    ([, path = '', text = '']) => ({ path, text }),
  )
}

/** Returns the files of the table under a heading: the first column, in backticks. */
export function listedFiles(page: string, heading: string): string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  return [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, path = '']) => path)
}
