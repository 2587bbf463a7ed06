import file from '@fontsource-variable/archivo/files/archivo-latin-standard-normal.woff2'

/**
 * Registers Archivo with its weight and width axes, one file for text and posters. Settles when the
 * font is loaded or has failed. A preload or a style sheet would load it beside the scripts: on a
 * slow network the first movies would be drawn a quarter of a second later.
 */
export async function addFont(document: Document): Promise<void> {
  const font = new FontFace('Archivo', `url("${file}")`, {
    weight: '100 900',
    stretch: '62% 125%',
    display: 'swap',
  })
  document.fonts.add(font)
  // Without the font, text falls back to the next one in tokens.css.
  await font.load().catch(() => undefined)
}
