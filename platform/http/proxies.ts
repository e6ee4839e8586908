import { BlockList, isIP } from 'node:net'
import { addressOf } from './network.ts'

const loopback = ['127.0.0.0/8', '::1/128']

/** Whether a text is an IP address or a network (CIDR, RFC 4632, RFC 4291 section 2.3). */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  return version > 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)))
}

/** Whether a peer is one of our proxies: in one of these networks; with none named, this machine itself. Throws for what is no network. */
export function proxiesOf(networks: readonly string[]): (peer: string) => boolean {
  const list = new BlockList()
  for (const network of networks.length === 0 ? loopback : networks) {
    if (!isNetwork(network)) throw new TypeError('A proxy must be an address or a network.')
    const [address = '', bits] = network.split('/')
    const isFour = isIP(address) === 4
    list.addSubnet(address, bits === undefined ? (isFour ? 32 : 128) : Number(bits), isFour ? 'ipv4' : 'ipv6')
  }
  return (peer) => {
    const address = addressOf(peer)
      .replace(/^::ffff:(?=\d+\.)/i, '')
      .replace(/%.*$/, '')
    const version = isIP(address)
    return version > 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6')
  }
}
