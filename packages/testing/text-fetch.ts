const binaryType = 'application/grpc-web'
const textType = 'application/grpc-web-text'

/** A `fetch` that sends calls of gRPC-Web in base64, and decodes their responses. */
export const textFetch = (async (input: RequestInfo | URL, init?: RequestInit) => {
  const request = new Request(input, init)
  const headers = new Headers(request.headers)
  headers.set('content-type', toText(headers))
  const body = Buffer.from(await request.arrayBuffer()).toString('base64')
  const { signal } = request
  const response = await fetch(request.url, { method: 'POST', headers, body, signal })
  const responseHeaders = new Headers(response.headers)
  const type = responseHeaders.get('content-type') ?? ''
  if (!type.startsWith(textType)) return response
  responseHeaders.set('content-type', type.replace(textType, binaryType))
  const decoded = response.body?.pipeThrough(createDecoder())
  return new Response(decoded, { status: response.status, headers: responseHeaders })
}) as typeof fetch

function toText(headers: Headers): string {
  return (headers.get('content-type') ?? '').replace(binaryType, textType)
}

/** Decodes each group of four characters on its own, because it may have padding. */
function createDecoder(): TransformStream<Uint8Array, Uint8Array> {
  let rest = ''
  return new TransformStream({
    transform(chunk, controller) {
      const text = rest + Buffer.from(chunk).toString('latin1')
      const end = text.length - (text.length % 4)
      rest = text.slice(end)
      for (const group of text.slice(0, end).match(/.{4}/gs) ?? []) {
        controller.enqueue(new Uint8Array(Buffer.from(group, 'base64')))
      }
    },
    flush() {
      if (rest !== '') throw new Error(`the response ends within a group of base64: ${rest}`)
    },
  })
}
