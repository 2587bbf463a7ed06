/** The runtime's own HTTP/1.1 server on a private loopback listener. */
export interface PrivateServer {
  readonly port: number
  close(): Promise<void>
}

/** Answers a request that came from the given local port of loopback. Never rejects. */
export type PrivateHandle = (request: Request, peerPort: number) => Promise<Response>
