// Vite turns a stylesheet import into a <link>; it has no value.
declare module '*.css' {}
