/**
 * An address without the port and the brackets that some proxies write around it (`198.51.100.7:51000`, `[2001:db8::1]:443`, RFC 7239 section 6):
 * it is the same network whatever the port.
 */
export const addressOf = (text: string): string => {
  const it = text.trim().replace(/^"(.*)"$/, '$1')
  return /^\[([^\]]*)\](?::\d+)?$/.exec(it)?.[1] ?? /^(\d{1,3}(?:\.\d{1,3}){3}):\d+$/.exec(it)?.[1] ?? it
}

/** Where calls come from, as it is counted and recorded: an IPv4 address, or the 64 bits of an IPv6 address that one subscriber has (RFC 6177). */
export function networkOf(address: string): string {
  const ip = addressOf(address)
    .toLowerCase()
    .replace(/^::ffff:(?=\d+\.)/, '')
    .replace(/%.*$/, '')
  if (!ip.includes(':')) return ip.slice(0, 64)
  const [head = '', tail] = ip.split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const [left, right] = [groups(head), groups(tail ?? '')]
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  const first = [...left, ...zeros, ...right].slice(0, 4).map((part) => part.replace(/^0+(?=.)/, ''))
  return `${first.join(':').slice(0, 60)}::/64`
}
