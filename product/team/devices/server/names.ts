/** What a device is called until somebody names it. */
export const nameOf = (device: string, it?: { readonly system: string; readonly browser: string }): string =>
  it && it.system !== ''
    ? `${it.browser === '' || it.browser === 'unknown' ? 'Browser' : capital(it.browser)} on ${it.system}`
    : `Device ${device.slice(0, 4)}`
const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)
