/** Holds requests and replies against an OpenAPI 3.0 description, as far as Twilio's description goes. */

type Schema = {
  readonly $ref?: string
  readonly type?: string
  readonly nullable?: boolean
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
}
type Parameter = { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema: Schema }
type Content = Readonly<Record<string, { readonly schema: Schema }>>
type Operation = {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

/** The parts of a description that are used. */
export type OpenApi = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

/** Every way in which `value` is not what `schema` describes; properties the description does not know are problems too. */
const problems = (api: OpenApi, schema: Schema, value: unknown, at: string): readonly string[] => {
  if (schema.$ref !== undefined) return problems(api, api.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, value, at)
  if (value === null) return schema.nullable ? [] : [`${at}: null`]
  if (schema.type === 'array')
    return Array.isArray(value)
      ? value.flatMap((one, index) => problems(api, schema.items ?? {}, one, `${at}[${index}]`))
      : [`${at}: no array`]
  if (schema.type === 'object') {
    if (typeof value !== 'object') return [`${at}: no object`]
    const known = schema.properties
    if (known === undefined) return []
    const missing = (schema.required ?? []).filter((name) => !(name in value)).map((name) => `${at}.${name}: missing`)
    return [
      ...missing,
      ...Object.entries(value).flatMap(([name, one]) =>
        known[name] ? problems(api, known[name], one, `${at}.${name}`) : [`${at}.${name}: not described`],
      ),
    ]
  }
  if (schema.type === 'integer' || schema.type === 'number') {
    const isNumber = schema.type === 'integer' ? Number.isInteger(value) : typeof value === 'number'
    const inRange = Number(value) >= (schema.minimum ?? -Infinity) && Number(value) <= (schema.maximum ?? Infinity)
    return isNumber && inRange ? [] : [`${at}: no ${schema.type} in range`]
  }
  if (schema.type === 'boolean') return typeof value === 'boolean' ? [] : [`${at}: no boolean`]
  if (typeof value !== 'string') return [`${at}: no string`]
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at}: not in the list`]
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) return [`${at}: not the pattern`]
  return schema.maxLength !== undefined && value.length > schema.maxLength ? [`${at}: too long`] : []
}

/** A form or query as the object its schema describes: single strings, arrays where the description has arrays, numbers where numbers. */
const valueOf = (schema: Schema, name: string, params: URLSearchParams): unknown => {
  if (schema.type === 'array') return params.getAll(name)
  return schema.type === 'integer' || schema.type === 'number' ? Number(params.get(name)) : params.get(name)
}

const operationOf = (api: OpenApi, method: string, path: string) => {
  const template = Object.keys(api.paths).find((one) =>
    new RegExp(`^${one.replace(/\./g, '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  )
  const operation = template === undefined ? undefined : (api.paths[template]?.[method.toLowerCase()] as Operation | undefined)
  if (template === undefined || operation === undefined) return undefined
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')
  const values = new RegExp(`^${template.replace(/\./g, '\\.').replace(/\{\w+\}/g, '([^/]+)')}$`).exec(path)?.slice(1) ?? []
  return { operation, inPath: new Map(names.map((name, index) => [name, values[index]])) }
}

/** What the real API would find wrong with a request's path, query and form. */
export const requestProblems = (
  api: OpenApi,
  method: string,
  path: string,
  query: URLSearchParams,
  form: URLSearchParams,
): readonly string[] => {
  const found = operationOf(api, method, path)
  if (found === undefined) return [`${method} ${path}: not described`]
  const parameters = found.operation.parameters ?? []
  const inPath = parameters
    .filter((one) => one.in === 'path')
    .flatMap((one) => problems(api, one.schema, found.inPath.get(one.name), one.name))
  const inQuery = [...new Set(query.keys())].flatMap((name) => {
    const parameter = parameters.find((one) => one.in === 'query' && one.name === name)
    return parameter === undefined
      ? [`query ${name}: not described`]
      : problems(api, parameter.schema, valueOf(parameter.schema, name, query), name)
  })
  const schema = found.operation.requestBody?.content['application/x-www-form-urlencoded']?.schema
  const sent = Object.fromEntries([...new Set(form.keys())].map((name) => [name, valueOf(schema?.properties?.[name] ?? {}, name, form)]))
  const inForm = schema === undefined ? (form.size > 0 ? ['form: not described'] : []) : problems(api, schema, sent, 'form')
  return [...inPath, ...inQuery, ...inForm]
}

/** What is wrong with a reply's status and JSON. */
export const replyProblems = (api: OpenApi, method: string, path: string, status: number, json: unknown): readonly string[] => {
  const schema = operationOf(api, method, path)?.operation.responses[String(status)]?.content?.['application/json']?.schema
  return schema === undefined ? [`${method} ${path} ${status}: not described`] : problems(api, schema, json, 'reply')
}
