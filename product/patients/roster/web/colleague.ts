/** Somebody of the organisation, as pickers show them. */
export type Colleague = { readonly person: string; readonly name: string; readonly title: string }
