/** Whose attempts are counted together: a typed name and a network. */
export interface From {
  /** 24 bits of the name's hash. */
  readonly nameKey: Buffer
  /** The network's prefix; of a known browser its id, which makes it a lane of its own. */
  readonly network: string
}

/** A browser on which somebody signed in before: known by a token of theirs, or by the credential of a machine that people share. */
export interface KnownRow {
  readonly browser: string
  readonly person: string
  readonly token_hash: Buffer | null
  readonly sign_in_name: string
}
