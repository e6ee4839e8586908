/** Styles are bundled by the web app; importing them gives nothing. */
declare module '*.css'
