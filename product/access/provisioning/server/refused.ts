/** Why an organisation or a person cannot be made as asked. */
export type ProvisioningCode = 'bad-name' | 'bad-zone' | 'bad-sign-in-name' | 'name-taken' | 'no-such-person'

/** A refusal of provisioning; its text holds no names. */
export class ProvisioningRefused extends Error {
  readonly code: ProvisioningCode
  constructor(code: ProvisioningCode) {
    super(`provisioning: ${code}`)
    this.name = 'ProvisioningRefused'
    this.code = code
  }
}
