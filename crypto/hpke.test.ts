import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { describe, expect, it } from 'vitest'
import { concat, fromHex, random, toHex, utf8 } from './bytes.ts'
import { deriveKeyPair, openBase, sealBase } from './hpke.ts'
import { createDevice, newBoxKey, openWith, sealTo } from './keys.ts'
import { checkBoxPublicKey, refuseZeroSecret } from './x25519.ts'

// RFC 9180 appendix A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, sequence number 0.
const RFC = {
  ikmE: fromHex('7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234'),
  ikmR: fromHex('6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037'),
  pkEm: '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431',
  pkRm: '3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d',
  info: fromHex('4f6465206f6e2061204772656369616e2055726e'),
  aad: fromHex('436f756e742d30'),
  plaintext: utf8('Beauty is truth, truth beauty'),
  ct: 'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
}

describe('HPKE', () => {
  it('meets RFC 9180 A.1.1 to the byte', async () => {
    const recipient = await deriveKeyPair(RFC.ikmR)
    expect(toHex(recipient.publicKey)).toBe(RFC.pkRm)
    const common = { info: RFC.info, aad: RFC.aad, aead: 'aes-128-gcm' } as const
    const sealed = await sealBase({
      recipient: recipient.publicKey,
      plaintext: RFC.plaintext,
      randomness: RFC.ikmE,
      ...common,
    })
    expect(toHex(sealed)).toBe(RFC.pkEm + RFC.ct)
    expect(await openBase({ recipient, sealed, ...common })).toEqual(RFC.plaintext)
  })

  it('makes the same 20 seals as @hpke/core from the same randomness, and each opens the other', async () => {
    const library = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() })
    for (let i = 0; i < 20; i++) {
      const [ikmR, ikmE, plaintext, info] = [random(32), random(32), random(i * 7), random(i * 5)]
      const theirs = await library.kem.deriveKeyPair(ikmR)
      const recipient = await deriveKeyPair(ikmR)
      const sealed = await sealBase({ recipient: recipient.publicKey, info, plaintext, randomness: ikmE })
      const sender = await library.createSenderContext({
        recipientPublicKey: theirs.publicKey,
        info,
        ekm: await library.kem.deriveKeyPair(ikmE),
      })
      const byLibrary = concat(new Uint8Array(sender.enc), new Uint8Array(await sender.seal(plaintext)))
      expect(sealed).toEqual(byLibrary)
      const ordinary = await sealBase({ recipient: recipient.publicKey, info, plaintext })
      const receiver = await library.createRecipientContext({ recipientKey: theirs.privateKey, enc: ordinary.slice(0, 32), info })
      expect(new Uint8Array(await receiver.open(ordinary.slice(32)))).toEqual(plaintext)
      expect(await openBase({ recipient, info, sealed: byLibrary })).toEqual(plaintext)
    }
  })

  it('refuses seals that are cut, changed, or made for another label, context or key', async () => {
    const [box, other] = [await newBoxKey(), await newBoxKey()]
    const hash = random(32)
    const sealed = await sealTo(box, 'wl1 seal', { hash }, random(32))
    for (let at = 0; at < sealed.length; at += 5) {
      const bent = sealed.slice()
      bent[at] = (bent[at] as number) ^ 1
      await expect(openWith(box, 'wl1 seal', { hash }, bent)).rejects.toMatchObject({ name: 'CryptoError' })
    }
    await expect(openWith(box, 'wl1 seal', { hash }, sealed.slice(0, 40))).rejects.toMatchObject({ code: 'bad-seal' })
    await expect(openWith(box, 'wl1 member seal', { hash }, sealed)).rejects.toMatchObject({ code: 'bad-seal' })
    await expect(openWith(box, 'wl1 seal', { hash: random(32) }, sealed)).rejects.toMatchObject({ code: 'bad-seal' })
    await expect(openWith(box, 'wl1 seal', { hash, rest: utf8('r') }, sealed)).rejects.toMatchObject({ code: 'bad-seal' })
    await expect(openWith(other, 'wl1 seal', { hash }, sealed)).rejects.toMatchObject({ code: 'bad-seal' })
  })

  it('refuses recipients and encapsulations of small order, and an all-zero secret', async () => {
    const points = [
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0100000000000000000000000000000000000000000000000000000000000000',
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    ].map(fromHex)
    const box = await newBoxKey()
    for (const point of points) {
      expect(() => checkBoxPublicKey(point)).toThrow(expect.objectContaining({ code: 'bad-key' }))
      await expect(sealBase({ recipient: point, info: random(1), plaintext: random(1) })).rejects.toMatchObject({ code: 'bad-key' })
      const sealed = concat(point, random(48))
      await expect(openBase({ recipient: box, info: random(1), sealed })).rejects.toMatchObject({ code: 'bad-key' })
    }
    expect(() => refuseZeroSecret(new Uint8Array(32))).toThrow(expect.objectContaining({ code: 'bad-key' }))
    expect(refuseZeroSecret(Uint8Array.of(0, 1))).toEqual(Uint8Array.of(0, 1))
  })

  it('keeps private keys unreadable', async () => {
    const { box, signing } = await createDevice('00000000-0000-4000-8000-000000000001')
    for (const key of [box.privateKey, signing.privateKey, (await deriveKeyPair(random(32))).privateKey]) {
      expect(key.extractable).toBe(false)
      await expect(crypto.subtle.exportKey('pkcs8', key)).rejects.toThrow()
    }
  })
})
