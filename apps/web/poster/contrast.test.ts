import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Minimum contrast of text, by WCAG 1.4.3. */
const contrastMin = 4.5

interface Colour {
  readonly lightness: number
  readonly chroma: number
}

const sheet = readFileSync(join(import.meta.dirname, 'poster.css'), 'utf8')
const hues = Array.from({ length: 72 }, (_, index) => index * 5)

/** The colours of a custom property in the rule of a tone: one, or one for each scheme. */
function coloursOf(tone: string, name: string): Colour[] {
  const rule = sheet.split(`.poster[data-tone="${tone}"]`)[1]?.split('}')[0] ?? ''
  const value = rule.split(`--poster-${name}:`)[1]?.split(';')[0] ?? ''
  return [...value.matchAll(/oklch\(([\d.]+)% (?:calc\()?([\d.]+)/g)].map((found) => ({
    lightness: Number(found[1]) / 100,
    chroma: Number(found[2]),
  }))
}

/** Relative luminance of an OKLCH colour, clipped to sRGB. */
function luminance({ lightness, chroma }: Colour, hue: number): number {
  const a = chroma * Math.cos((hue * Math.PI) / 180)
  const b = chroma * Math.sin((hue * Math.PI) / 180)
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  const clip = (part: number) => Math.min(1, Math.max(0, part))
  const red = clip(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short)
  const green = clip(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short)
  const blue = clip(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: number, other: number): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
}

test.each(['dark', 'light'])('the ink of a %s poster is readable at every hue', (tone) => {
  const ink = coloursOf(tone, 'ink')
  expect(ink).toHaveLength(1)
  for (const ground of ['ground', 'motif', 'soft']) {
    const grounds = coloursOf(tone, ground)
    expect(grounds.length).toBeGreaterThan(0)
    for (const colour of grounds) {
      const worst = Math.min(
        ...hues.flatMap((hue) =>
          hues.flatMap((inkHue) =>
            [0, 1].map((part) =>
              contrast(
                luminance({ ...colour, chroma: part * colour.chroma }, hue),
                luminance(ink[0] as Colour, inkHue),
              ),
            ),
          ),
        ),
      )
      expect(worst).toBeGreaterThanOrEqual(contrastMin)
    }
  }
})
