/** Writes docs/limits.md, every bound in the product's source with its default: `bun run limits`. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rpcLimits } from '@marquee/connect-hono/limits'
import { messageLimitsOf } from '@marquee/connect-hono/protobuf/message-limits'
import { MetadataService } from '../gen/metadata/v1/metadata_pb.ts'
import { MovieService } from '../gen/movie/v1/movie_pb.ts'
import { RatingService } from '../gen/rating/v1/rating_pb.ts'
import { DeadLetterService, SystemService } from '../gen/system/v1/system_pb.ts'

/** A bound, as the source states it. */
interface Limit {
  /** The part of the project that it belongs to: `packages/http`. */
  readonly part: string
  /** `http2Limits.idleTimeoutMs`, or the name of a constant. */
  readonly name: string
  readonly value: number
  readonly meaning: string
}

const root = dirname(import.meta.dirname)
const target = join(root, 'docs/limits.md')
const notProduct = /node_modules|\.test\.ts$|(^|\/)(testing|contract)\//

const comment = String.raw`(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n *)?`
const constant = new RegExp(`^${comment}(?:export )?const (\\w+) = ([^{\\n]+)$`, 'gm')
const object = /^(?:export )?const (\w+)(?:: (?:Partial<)?(\w+)>?)? = \{([\s\S]*?)\}\n/gm
const member = new RegExp(`^ +${comment}(?:readonly )?(\\w+)\\??: ([^\\n]+?),?$`, 'gm')
const isBound = /(Max|Min|Ms|Default|Burst|PerSecond|PerSuccess|Bytes)$/
const holdsBounds = /(limits|bounds|timing|BytesMax)$/i

/** The page as the source has it. */
export function limitsPage(): string {
  const flags = flagsByDefault()
  const limits = productFiles().flatMap(({ path, text }) => limitsOf(path, text))
  const parts = Map.groupBy(limits, ({ part }) => part)
  const lists = [...parts].map(([part, rows]) => list(part, rows, flags))
  return `# Limits

Every bound and its default. \`bun run limits\` writes this page from the source; a test fails when it is stale. Numbers stand here
as error messages print them, so that a number in an error can be found by searching for it. A bound with a flag can be changed
by an operator: [operations.md](operations.md). A message's own bound is derived from the rules in its proto
([why](decisions/0018-bounds-of-a-message.md)).

${lists.join('\n')}
${messagesOfMethods()}`
}

/** The derived limits of the request messages, which depend on the rules in the proto. */
function messagesOfMethods(): string {
  const services = [MetadataService, RatingService, DeadLetterService, MovieService, SystemService]
  const lines = services.flatMap(({ typeName, methods }) =>
    methods.map(({ name, input }) => {
      const { proto, json } = messageLimitsOf(input, rpcLimits)
      const bytes = `${proto.bytesMax} bytes in binary, ${json.bytesMax} as JSON`
      return `- \`${typeName}/${name}\`: ${bytes}; ${proto.elementsMax} fields and items\n`
    }),
  )
  return `## Request messages\n\nDerived from the rules in the proto, with the default of \`--message-bytes-max\`.\n\n${lines.join('')}`
}

function productFiles() {
  return ['packages', 'services', 'producers'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => `${folder}/${path}`)
      .filter((path) => path.endsWith('.ts') && !notProduct.test(path))
      .sort()
      .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })),
  )
}

function limitsOf(path: string, text: string): Limit[] {
  const part = path.startsWith('producers') ? 'producers' : path.split('/').slice(0, 2).join('/')
  const known = new Map<string, number>()
  const constants = [...text.matchAll(constant)].flatMap(([, doc, name = '', code = '']) => {
    const value = evaluated(code, known)
    if (value !== undefined) known.set(name, value)
    if (value === undefined || doc === undefined || !isBound.test(name)) return []
    return [{ part, name, value, meaning: sentence(doc) }]
  })
  const objects = [...text.matchAll(object)].flatMap(([whole, name = '', type, body = '']) => {
    if (!holdsBounds.test(name)) return []
    const documented = type === undefined ? body : (interfaceOf(text, type) ?? '')
    const docs = new Map(
      [...documented.matchAll(member)].map(([, doc = '', key = '']) => [key, sentence(doc)]),
    )
    const lines = whole.includes('\n  ') ? body : ` ${body.replaceAll(/, (?=\w+:)/g, ',\n ')}`
    return [...lines.matchAll(member)].flatMap(([, , key = '', code = '']) =>
      values(code.trim(), known).map(([inner, value]) => {
        const full = [name, key, ...(inner ? [inner] : [])].join('.')
        return { part, name: full, value, meaning: docs.get(key) ?? '' }
      }),
    )
  })
  return [...constants, ...objects]
}

function interfaceOf(text: string, type: string): string | undefined {
  return text.match(new RegExp(`interface ${type} \\{([\\s\\S]*?)\\n\\}`))?.[1]
}

/** The values of a member: its own, or those of an object on one line. */
function values(code: string, known: ReadonlyMap<string, number>): [string, number][] {
  const value = evaluated(code, known)
  if (value !== undefined) return [['', value]]
  return [...code.matchAll(/(\w+): ([\d_. *]+\d)/g)].flatMap(([, key = '', inner = '']) => {
    const value = evaluated(inner, known)
    return value === undefined ? [] : [[key, value] as [string, number]]
  })
}

/** The value of a number, a constant of the file, or a product of them. */
function evaluated(code: string, known: ReadonlyMap<string, number>): number | undefined {
  const factors = code.split(' * ').map((factor) => known.get(factor) ?? numberOf(factor))
  if (factors.includes(Number.NaN)) return undefined
  return factors.reduce((product, factor) => product * factor, 1)
}

function numberOf(text: string): number {
  return /^\d[\d_]*(\.\d+)?$/.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN
}

/** The first sentence of a doc comment. */
function sentence(doc: string): string {
  const text = doc
    .replaceAll(/\s*\n\s*\* ?|\s+/g, ' ')
    .replace(/^\* /, '')
    .trim()
  return text.match(/^.*?\.(?= |$)/)?.[0] ?? text
}

/** Flags by the limit that is their default: `http2Limits.idleTimeoutMs`. */
function flagsByDefault(): ReadonlyMap<string, string> {
  const definition = /flag: '([\w-]+)'[^}]*?default: (?:Math\.\w+\()?([\w.]+)/g
  const found = productFiles().flatMap(({ text }) => [...text.matchAll(definition)])
  return new Map(found.map(([, flag = '', name = '']) => [name, `\`--${flag}\``]))
}

function list(part: string, rows: readonly Limit[], flags: ReadonlyMap<string, string>): string {
  const lines = rows.map(({ name, value, meaning }) => {
    const flag = flags.get(name)
    const number = `${value}${readable(name, value)}${flag ? `, ${flag}` : ''}`
    return `- \`${name}\`: ${number}${meaning && `. ${meaning}`}\n`
  })
  return `## ${part}\n\n${lines.join('')}`
}

function readable(name: string, value: number): string {
  if (/Bytes/.test(name) && value >= 1024 && value % 1024 === 0) {
    return value % 1_048_576 === 0 ? ` (${value / 1_048_576} MiB)` : ` (${value / 1024} KiB)`
  }
  if (/Ms$|Ms(Max|Min)$/.test(name) && value >= 1_000) return ` (${value / 1_000} s)`
  return ''
}

if (import.meta.main) writeFileSync(target, limitsPage())
