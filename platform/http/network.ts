/** Where calls come from, as it is counted and recorded: an IPv4 address, or the 64 bits of an IPv6 address that one subscriber has (RFC 6177). */
export function networkOf(address: string): string {
  const ip = address
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
