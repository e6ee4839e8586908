/** One network a line, its name after it: "203.0.113.0/24 Main office". */
export const readLines = (text: string): { cidr: string; name: string }[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [cidr = '', ...name] = line.split(/\s+/)
      return { cidr, name: name.join(' ').slice(0, 80) || cidr }
    })

/** The same, to be typed on. */
export const writeLines = (networks: readonly { cidr: string; name: string }[]): string =>
  networks.map((it) => (it.name === it.cidr ? it.cidr : `${it.cidr} ${it.name}`)).join('\n')

/** Which line a refused field means, to stand behind the refusal. */
export const namedLine = (field: string | undefined, networks: readonly { cidr: string }[]): string => {
  const line = /^networks\.(\d+)\./.exec(field ?? '')?.[1]
  return line === undefined ? '' : ` “${networks[Number(line)]?.cidr ?? ''}”`
}
