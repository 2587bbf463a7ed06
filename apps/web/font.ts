/**
 * Registers the font that index.html preloads: Archivo with its weight and width axes, one file for
 * text and posters. Settles when the font is loaded or has failed. In a style sheet the bundler
 * would inline the whole file.
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
  // Without the font, text falls back to the next one in tokens.css.
  await font.load().catch(() => undefined)
}
