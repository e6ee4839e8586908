import { encodeQR } from 'qr'

/** A QR code (ISO/IEC 18004) as one SVG path on a square of `size` modules; the quiet zone of four modules is part of it. */
export function qrPath(text: string): { readonly size: number; readonly path: string } {
  const rows = encodeQR(text, 'raw', { ecc: 'medium', border: 4 })
  // One bar for each run of dark modules in a row.
  const bars = rows.flatMap((row, y) =>
    row.flatMap((dark, x) => {
      if (!dark || row[x - 1]) return []
      const end = row.indexOf(false, x)
      return `M${x} ${y}h${(end < 0 ? row.length : end) - x}v1H${x}z`
    }),
  )
  return { size: rows.length, path: bars.join('') }
}
