/** The server as a value: settings, an open installation, a running server. Commands and tests compose from here. */
export { readSettings, SettingsFailure } from './config.ts'
export type { CarrierSettings, Settings } from './config.ts'
export { carrierOf, sentencesOf, wardlineFeatures } from './features.ts'
export type { Ports } from './features.ts'
export { foldersOf, openInstallation, serveInstallation } from './open.ts'
export type { Installation, OpenOptions } from './open.ts'
export { webPages } from './pages.ts'
