import { commonFailures } from '../contract/endpoint.ts'
import type { Failure } from '../contract/endpoint.ts'
import type { Route } from './route.ts'

/** OpenAPI 3.1 from the contracts themselves: what is served is what is described. */
export function openApi(routes: readonly Route[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const { endpoint, who, audit, phi } of routes) {
    const path = endpoint.path.replace(/:([A-Za-z]+)/g, '{$1}')
    const inQuery = endpoint.method === 'GET' || endpoint.method === 'DELETE'
    const params = [...endpoint.path.matchAll(/:([A-Za-z]+)/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    }))
    const takes = endpoint.takes as { properties?: Record<string, object>; required?: string[] }
    const query = inQuery
      ? Object.entries(takes.properties ?? {}).map(([name, schema]) => ({
          name,
          in: 'query',
          required: takes.required?.includes(name) ?? false,
          schema,
        }))
      : []
    const byStatus = new Map<number, string[]>()
    for (const [code, failure] of Object.entries({ ...commonFailures, ...endpoint.fails } as Record<string, Failure>))
      byStatus.set(failure.status, [...(byStatus.get(failure.status) ?? []), `\`${code}\`: ${failure.what}`])
    const content = { form: 'application/x-www-form-urlencoded', raw: 'application/octet-stream', json: 'application/json' }[endpoint.body]
    ;(paths[path] ??= {})[endpoint.method.toLowerCase()] = {
      operationId: endpoint.name,
      summary: endpoint.summary,
      tags: [endpoint.name.split('.')[0]],
      security: who.open ? [] : [{ session: [] }],
      'x-who': who.name,
      'x-phi': phi,
      'x-audit': 'none' in audit ? `none: ${audit.none}` : [audit].flat().map((kind) => (kind as { kind: string }).kind),
      parameters: [...params, ...query],
      ...(inQuery
        ? {}
        : { requestBody: { content: { [content]: { schema: endpoint.body === 'json' ? endpoint.takes : { type: 'object' } } } } }),
      responses: {
        200: { description: 'Done', content: { 'application/json': { schema: endpoint.gives } } },
        ...Object.fromEntries(
          [...byStatus].map(([status, lines]) => [
            status,
            { description: lines.join('\n'), content: { 'application/json': { schema: { $ref: '#/components/schemas/Failure' } } } },
          ]),
        ),
      },
    }
  }
  const text = { type: 'string' }
  return {
    openapi: '3.1.0',
    info: { title: 'Wardline', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: '__Host-wl' } },
      schemas: {
        Failure: {
          type: 'object',
          required: ['error'],
          properties: {
            error: {
              type: 'object',
              required: ['code', 'what', 'next', 'request'],
              properties: { code: text, what: text, next: text, request: text, field: text },
            },
          },
        },
      },
    },
  }
}
