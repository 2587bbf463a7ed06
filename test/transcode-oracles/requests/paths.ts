import type { DescField } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { fieldTexts } from './values.ts'

/** Values of a field as a segment of a path. Some are encoded more, or less, than usual. */
export function encodedTexts(field: DescField): fc.Arbitrary<string> {
  const encoding = fc.oneof(
    { weight: 5, arbitrary: fc.constant('usual') },
    fc.constantFrom(...ways),
  )
  return fc
    .tuple(fieldTexts(field), encoding)
    .map(([text, way]) => encode[way as keyof typeof encode](text))
}

/** Characters that a path may have without encoding, besides those of encodeURIComponent. */
const allowed = /%(?:3A|40|24|26|2B|2C|3B|3D)/g

const encode = {
  usual: encodeURIComponent,
  little: (text: string) => encodeURIComponent(text).replace(allowed, decodeURIComponent),
  lower: (text: string) =>
    encodeURIComponent(text).replace(/%[\dA-F]{2}/g, (code) => code.toLowerCase()),
  all: (text: string) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
}
const ways = Object.keys(encode)

/** Returns the path, or rarely one that is changed. */
export function changedPaths(path: string): fc.Arbitrary<string> {
  const unchanged = fc.constant(path)
  const changed = fc
    .tuple(fc.constantFrom(...changes), fc.nat({ max: 8 }))
    .map(([change, at]) => change(path, at))
  return fc.oneof({ weight: 4, arbitrary: unchanged }, { weight: 1, arbitrary: changed })
}

type Change = (path: string, at: number) => string

const endings = ['/', '//', ':', ':read', ':nope', ':READ', '%3Aread', '/extra', '%', '%zz', '%ff']
const others = [
  '%2',
  '%00',
  '%2F',
  '%C3',
  '%C3%28',
  '%ED%A0%80',
  '.',
  '/.',
  '/..',
  '/../items/a',
  ';',
]

const changes: readonly Change[] = [
  ...[...endings, ...others].map(
    (ending): Change =>
      (path) =>
        path + ending,
  ),
  (path) => path.slice(0, path.lastIndexOf('/')),
  (path) => path.slice(0, path.lastIndexOf(':') >>> 0),
  (path) => path.toUpperCase(),
  (path) => `/${path}`,
  (path, at) => splice(path, at, (segments, index) => segments.splice(index, 0, '')),
  (path, at) => splice(path, at, (segments, index) => segments.splice(index, 1)),
  (path, at) => splice(path, at, (segments, index) => segments.splice(index, 0, 'more')),
  (path, at) => splice(path, at, (segments, index) => segments.splice(index, 1, '')),
  (path, at) => splice(path, at, encodeSegment),
]

function splice(
  path: string,
  at: number,
  change: (segments: string[], index: number) => unknown,
): string {
  const segments = path.slice(1).split('/')
  change(segments, at % segments.length)
  return `/${segments.join('/')}`
}

/** Encodes the first character, which means the same. */
function encodeSegment(segments: string[], index: number): void {
  const segment = segments[index] ?? ''
  if (/^\w/.test(segment)) segments[index] = encode.all(segment.slice(0, 1)) + segment.slice(1)
}
