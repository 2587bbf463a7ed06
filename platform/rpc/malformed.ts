import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect'

/** How connect-es words a message that is no protobuf of its type; it blames itself for it, with `INTERNAL`. */
const parseFailure = /^parse binary: /

/**
 * Makes a request that cannot be read the client's mistake, `INVALID_ARGUMENT`, as connect-go does. Runs before the
 * request is read, so that it hears of the error before the error is sent.
 */
export function blameClient(context: HandlerContext): void {
  const { signal, method, requestMethod, url } = context
  if (requestMethod === 'GET') checkBase64(new URL(url).searchParams)
  signal.addEventListener('abort', () => correct(signal.reason, method.input.typeName))
}

/** The same for an error that passes through a handler, as that of a client stream does. */
export function correct(error: unknown, typeName: string): void {
  if (!(error instanceof ConnectError) || error.code !== Code.Internal) return
  if (error.isWireError || !parseFailure.test(error.rawMessage)) return
  const reason = error.rawMessage.replace(parseFailure, '')
  const text = `the message is not a ${typeName} in binary form: ${reason}`
  const { code, message, rawMessage } = new ConnectError(text, Code.InvalidArgument)
  Object.assign(error, { code, message, rawMessage })
}

/** The message of a Connect GET (https://connectrpc.com/docs/protocol#unary-get-request). */
function checkBase64(query: URLSearchParams): void {
  if (query.get('base64') !== '1' || /^[\w+/-]*={0,2}$/.test(query.get('message') ?? '')) return
  throw new ConnectError('the parameter message is not base64', Code.InvalidArgument)
}
