import { keepNoColleagues } from '@wardline/product/team/directory/web'
import { sweepKept } from '../kept.ts'

// What this browser was, for people of whom it keeps nothing: ids of devices, which the server alone knows whose they are. Nobody's name and no key.
const key = 'wl-passing'
/** More people than use one browser without its being a shared workstation. */
const most = 8

/** The devices that this browser was, the newest first; none: nobody here asked that nothing be kept. */
export function passedHere(): readonly string[] {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? '[]') as unknown
    return Array.isArray(kept) ? kept.filter((it) => typeof it === 'string').slice(0, most) : []
  } catch {
    return []
  }
}

function write(devices: readonly string[]): void {
  try {
    if (devices.length === 0) localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify(devices))
  } catch {
    // Then the next visit begins as a new device.
  }
}

/** Notes what this browser is now. */
export function notePassing(device: string): void {
  const before = passedHere()
  if (before[0] !== device) write([device, ...before.filter((it) => it !== device)].slice(0, most))
}

/** Their person lets this browser keep what is theirs again. */
export function forgetPassing(devices: readonly string[]): void {
  const before = passedHere()
  const left = before.filter((it) => !devices.includes(it))
  if (left.length < before.length) write(left)
}

/** Nothing is kept in this browser from now on: no name, no session, no figure, and none of before. */
export function keepNothing(): void {
  sweepKept()
  keepNoColleagues()
}
