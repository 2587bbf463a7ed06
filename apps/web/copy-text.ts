/** Copies text to the clipboard. Returns false when the browser forbids it, as on plain HTTP. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

/** Selects the text of the element, so that the person can copy it. */
export function selectContents(element: Element | null): void {
  if (element) getSelection()?.selectAllChildren(element)
}
