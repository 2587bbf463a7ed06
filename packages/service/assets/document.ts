import type { Asset } from './load.ts'
import { versionOf } from './version.ts'

/** Head of an HTML document, for browsers' tabs and for previews of links (https://ogp.me). */
export interface DocumentHead {
  /** Default: 200. */
  readonly status?: 200 | 404
  readonly title: string
  /** Default: that of the index. */
  readonly description?: string
  /** Type of the Open Graph protocol, such as `video.movie`. Default: `website`. */
  readonly type?: string
}

const titleElement = /<title>[^<]*<\/title>/
const descriptionElement = /<meta name="description" content="([^"]*)"\s*\/?>/

/** Returns the index with another title, description and type. */
export function withHead(index: Asset, head: DocumentHead): Asset {
  const html = new TextDecoder().decode(index.bytes)
  const description =
    head.description === undefined
      ? (descriptionElement.exec(html)?.[1] ?? '')
      : escapeHtml(head.description)
  const title = escapeHtml(head.title)
  const elements = [
    `<title>${title}</title>`,
    `<meta name="description" content="${description}">`,
    `<meta property="og:title" content="${title}">`,
    `<meta property="og:description" content="${description}">`,
    `<meta property="og:type" content="${escapeHtml(head.type ?? 'website')}">`,
  ]
  return withText(
    index,
    // A function, because a title may have the patterns of a replacement, such as "$&".
    html.replace(descriptionElement, '').replace(titleElement, () => elements.join('')),
  )
}

/**
 * Returns the document with further elements at the end of its head. Over HTTP/1.1, browsers request
 * them after the scripts and style sheets before them; those of a `Link` header would come first.
 */
export function withLinks(document: Asset, elements: readonly string[]): Asset {
  if (elements.length === 0) return document
  const html = new TextDecoder().decode(document.bytes)
  return withText(
    document,
    html.replace(/(?=<\/head>)/, () => elements.join('')),
  )
}

/** Returns another text of the same type. It has no compressed form. */
function withText({ contentType }: Asset, text: string): Asset {
  const bytes = new TextEncoder().encode(text)
  return { contentType, bytes, packed: [], version: versionOf(bytes) }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

/** Escapes a text for HTML, also within an attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '')
}
