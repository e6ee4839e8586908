/** Whose attempts are counted together: a typed name and a network. */
export interface From {
  /** 24 bits of the name's hash. */
  readonly nameKey: Buffer
  readonly network: string
}
