import decodeQR from 'qr/decode.js'
import { expect, test } from 'vitest'
import { qrPath } from './qr-path.ts'

test('a camera reads the address of an authenticator out of the drawn path', () => {
  const text =
    'otpauth://totp/Wardline%20Maple%20Street:ana.lopez?issuer=Wardline%20Maple%20Street&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&algorithm=SHA1&digits=6&period=30'
  const { size, path } = qrPath(text)
  const scale = 4
  const side = size * scale
  const data = new Uint8Array(side * side * 4).fill(255)
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/g))
    for (let i = 0; i < Number(width) * scale; i += 1)
      for (let j = 0; j < scale; j += 1)
        data.fill(
          0,
          ((Number(y) * scale + j) * side + Number(x) * scale + i) * 4,
          ((Number(y) * scale + j) * side + Number(x) * scale + i) * 4 + 3,
        )
  expect(decodeQR({ width: side, height: side, data })).toBe(text)
  // The quiet zone: nothing dark within four modules of the edge.
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/g)) {
    expect(Math.min(Number(x), Number(y))).toBeGreaterThanOrEqual(4)
    expect(Number(x) + Number(width)).toBeLessThanOrEqual(size - 4)
  }
})
