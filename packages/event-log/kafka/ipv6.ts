import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

/** How long a connection may be silent before the system looks whether the other side is there, in milliseconds. */
const keepAliveMs = 60_000

/**
 * Brokers and a socket factory that take addresses such as `[::1]:9092`. kafkajs splits a broker at its first colon, so
 * an address of IPv6 goes through it under a name without colons. What brokers report of each other is not split.
 */
export function withIpv6(addresses: readonly string[]): {
  brokers: string[]
  socketFactory: ISocketFactory
} {
  const hosts = new Map<string, string>()
  const brokers = addresses.map((address, index) => {
    const [, host, port] = /^\[(.+)\]:(\d+)$/.exec(address) ?? []
    if (host === undefined) return address
    const name = `ipv6-${index}.invalid`
    hosts.set(name, host)
    return `${name}:${port}`
  })
  const socketFactory: ISocketFactory = ({ host: given, port, ssl, onConnect }) => {
    const host = hosts.get(given) ?? given
    const servername = isIP(host) ? {} : { servername: host }
    const socket = ssl
      ? connectTls({ host, port, ...servername, ...ssl }, onConnect)
      : connect({ host, port }, onConnect)
    return socket.setKeepAlive(true, keepAliveMs)
  }
  return { brokers, socketFactory }
}
