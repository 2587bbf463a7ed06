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

/** Returns the index with another head. It has no compressed form. */
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
  const bytes = new TextEncoder().encode(
    // A function, because a title may have the patterns of a replacement, such as "$&".
    html.replace(descriptionElement, '').replace(titleElement, () => elements.join('')),
  )
  return { contentType: index.contentType, bytes, packed: [], version: versionOf(bytes) }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '')
}
