import { create, type DescField, type DescMethod, type Message, toBinary } from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import { ConnectError, type HandlerContext } from '@connectrpc/connect'

/** Header of a request: the code with which the handler fails, after the messages of a stream. */
export const failHeader = 'x-fail'
/** Header of a response: the RPC, and in base64 the request that its handler got. */
export const requestHeader = 'x-request'
/** Number of messages of a stream of responses. */
export const streamCount = 3

/**
 * Creates the handler of an RPC, the same as in `go/echo.go`. Its response has the request in the
 * field `request`, and copies of the request's fields in fields of the same name and kind.
 */
export function echoOf(method: DescMethod) {
  switch (method.methodKind) {
    case 'unary':
      return (request: Message, context: HandlerContext) => {
        show(method, request, context)
        failIfAsked(context)
        return responseOf(method, request)
      }
    case 'server_streaming':
      return async function* (request: Message, context: HandlerContext) {
        show(method, request, context)
        for (let index = 0; index < streamCount; index++) yield responseOf(method, request)
        failIfAsked(context)
      }
    case 'client_streaming':
      return async (requests: AsyncIterable<Message>, context: HandlerContext) => {
        let last: Message = create(method.input)
        for await (const request of requests) last = request
        show(method, last, context)
        failIfAsked(context)
        return responseOf(method, last)
      }
    default:
      throw new TypeError(`${method.name} is a stream of both sides, which no route serves`)
  }
}

function show({ input, name }: DescMethod, request: Message, context: HandlerContext): void {
  const bytes = toBinary(input, request)
  const text = `${name} ${Buffer.from(bytes).toString('base64')}`
  context.responseHeader.set(requestHeader, text)
}

function failIfAsked({ requestHeader: headers }: HandlerContext): void {
  const code = headers.get(failHeader)
  if (code !== null) throw new ConnectError('failed as requested', Number(code))
}

function responseOf({ input, output }: DescMethod, message: Message): Message {
  const request = reflect(input, message)
  const response = reflect(output)
  for (const field of output.fields) {
    const own = input.field[field.localName]
    if (field.name === 'request' && field.message === input) response.set(field, request)
    else if (own !== undefined && isSameKind(own, field) && request.isSet(own)) {
      response.set(field, request.get(own) as never)
    }
  }
  return response.message
}

function isSameKind(one: DescField, other: DescField): boolean {
  return (
    one.fieldKind === other.fieldKind &&
    one.scalar === other.scalar &&
    one.message === other.message &&
    one.enum === other.enum &&
    (one.fieldKind !== 'map' || other.fieldKind !== 'map' || one.mapKey === other.mapKey)
  )
}
