/**
 * Registers the font that index.html preloads: Archivo with its axes of weight and width, one file for
 * text and posters. Settles when it can be drawn with, or will not come. In a style sheet the
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
  // Without the font the next of the list in tokens.css is drawn.
  await font.load().catch(() => undefined)
}
