import { useMemo } from 'react'
import './mfa.css'
import { qrPath } from './qr-path.ts'

/** A QR code, drawn in the page: what it says goes nowhere else. Dark on light in every theme, as cameras want it. */
export const QrCode = ({ text, label }: { text: string; label: string }) => {
  const { size, path } = useMemo(() => qrPath(text), [text])
  return (
    <svg className="qr-code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect className="qr-code__light" width={size} height={size} />
      <path className="qr-code__dark" d={path} />
    </svg>
  )
}
