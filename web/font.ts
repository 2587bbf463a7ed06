/** Longer than this the first draw does not wait: the text changes its face when the font is there. */
const waitMs = 100

/**
 * Registers the font that index.html preloads: Archivo with its axes of weight and width, one file for
 * text and posters. Settles when it can be drawn with, or has not come soon. In a style sheet the
 * bundler would write the whole file into the rule.
 */
export async function addFont(document: Document): Promise<void> {
  const link = document.querySelector<HTMLLinkElement>('link[rel="preload"][as="font"]')
  if (!link) return
  const font = new FontFace('Archivo', `url("${link.href}")`, {
    weight: '100 900',
    stretch: '62% 125%',
    display: 'swap',
  })
  document.fonts.add(font)
  const late = new Promise<void>((resolve) => setTimeout(resolve, waitMs))
  // Without the font the next of the list in tokens.css is drawn.
  const loaded = font.load().then(
    () => undefined,
    () => undefined,
  )
  await Promise.race([loaded, late])
}
