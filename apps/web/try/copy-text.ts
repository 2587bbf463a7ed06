/** Puts text into the clipboard; false when the browser does not let the page, as on a plain http origin. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

/** Selects what the element shows, for the person to copy. */
export function selectContents(element: Element | null): void {
  if (element) getSelection()?.selectAllChildren(element)
}
