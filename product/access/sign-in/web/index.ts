/** The web door of signing in. */
export { SignIn } from './SignIn.tsx'
