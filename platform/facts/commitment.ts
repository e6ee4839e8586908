import { hash } from 'node:crypto'

const blockBytes = 64
// Laid out once: the key's block and what it covers; the outer hash covers a block and 32 bytes.
let inner = Buffer.alloc(1_024)
const outer = Buffer.alloc(blockBytes + 32)

/**
 * HMAC-SHA-256 (RFC 2104) of a fact's payload under its nonce of 32 bytes: binds the fact to the payload, and says nothing about it once the
 * payload and the nonce are erased. By two plain hashes: an Hmac object with its key object costs several times as much.
 */
export function commitmentOf(nonce: Uint8Array, payload: Uint8Array): Buffer {
  if (nonce.length !== 32) throw new RangeError('A commitment needs a nonce of 32 bytes.')
  const end = blockBytes + payload.length
  if (inner.length < end) inner = Buffer.alloc(end)
  inner.fill(0x36, 32, blockBytes)
  outer.fill(0x5c, 32, blockBytes)
  for (let i = 0; i < 32; i += 1) {
    inner[i] = nonce[i]! ^ 0x36
    outer[i] = nonce[i]! ^ 0x5c
  }
  inner.set(payload, blockBytes)
  outer.write(hash('sha256', inner.subarray(0, end), 'binary'), blockBytes, 'latin1')
  return Buffer.from(hash('sha256', outer, 'binary'), 'latin1')
}
