// The lint fence. Layout and imports are guarded by the compiler and .dependency-cruiser.cjs; here stand the rules about what a file may touch:
// which folder may read a clock, the environment or the network, and where SQL may be written. Later blocks replace earlier ones rule by rule,
// so each zone lists everything that is forbidden in it.
import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const tests = [
  '**/*.test.ts',
  '**/*.test.tsx',
  'scenarios/**/*.ts',
  'testing/**/*.ts',
  'platform/testing/**/*.ts',
  'platform/testing.ts',
  'bench/**/*.ts',
]
const configs = ['*.config.{ts,js}', '**/vite.config.ts', '.dependency-cruiser.cjs']

const ban = (selector, message) => ({ selector, message })
const name = (names, message) => names.map((it) => ({ name: it, message }))

const noDefault = [
  ban('ExportDefaultDeclaration', 'Named exports only: a default export gets another name in every file.'),
  ban('ExportSpecifier[exported.name="default"]', 'Named exports only.'),
]
const noMocks = [
  ban(
    'CallExpression[callee.object.name=/^(vi|vitest|jest)$/][callee.property.name=/^(mock|doMock|unmock|doUnmock|hoisted)$/]',
    'No module mocks: run the real module on a pretend vendor from dev/.',
  ),
  ban(
    'CallExpression[callee.object.name=/^(test|it|describe|suite)$/][callee.property.name="only"]',
    'A test marked "only" hides all others.',
  ),
]
const noEval = [
  ban('NewExpression[callee.name="Function"]', 'Code from text is never run.'),
  ban('ImportExpression[source.type!="Literal"]', 'A dynamic import names its file, so that the import fences see it.'),
]
const noWallClock = [
  ban(
    'CallExpression[callee.object.name="Date"][callee.property.name="now"]',
    'Product code gets a clock: take `now` from ctx or as an argument.',
  ),
  ban('NewExpression[callee.name="Date"][arguments.length=0]', 'Product code gets a clock: take `now` from ctx or as an argument.'),
  ban('CallExpression[callee.name="Date"]', 'Product code gets a clock: take `now` from ctx or as an argument.'),
  ban('ImportDeclaration[source.value=/^(node:)?(timers|perf_hooks)/]', 'Product code gets a clock, and due work is a row.'),
  ban('CallExpression[callee.object.name="performance"]', 'Product code gets a clock.'),
  ban('CallExpression[callee.object.property.name="Now"]', 'Temporal.Now reads the wall clock: take `now` as an argument.'),
]
const aroundGlobals = [
  ban(
    'MemberExpression[object.name=/^(globalThis|self|window)$/][property.name=/^(Date|Math|performance|process|fetch|set(Timeout|Interval|Immediate)|queueMicrotask)$/]',
    'The way around a banned global is banned too.',
  ),
]
const noRandom = [
  ban(
    'MemberExpression[object.name="Math"][property.name="random"]',
    'Math.random is guessable and cannot be replayed: take ids from ctx.',
  ),
]
const noEnvironment = [
  ban('MemberExpression[object.name="process"][property.name="env"]', 'The environment is read once, in apps/*/config.ts, and passed in.'),
  ban(
    'VariableDeclarator[init.name="process"] > ObjectPattern > Property[key.name="env"]',
    'The environment is read once, in apps/*/config.ts, and passed in.',
  ),
  ban('ImportDeclaration[source.value=/^(node:)?process$/]', 'The environment is read once, in apps/*/config.ts, and passed in.'),
]
const noSql = [
  ban('TaggedTemplateExpression[tag.name="sql"]', 'SQL lives in queries.ts: add a named query there.'),
  ban('CallExpression[callee.property.name="query"]', 'SQL lives in queries.ts: call a named query.'),
]
const databaseClock = [
  ban(
    'TemplateElement[value.raw=/(^|[^_a-z.])now\\(\\)|current_timestamp|localtimestamp/i]',
    'SQL reads the time by wl_now(), which the demo and tests can move.',
  ),
]
const rawQuery = [
  ban(
    'CallExpression[callee.property.name="query"]',
    'Statements are made by the `sql` tag and run on Db or Tx, so that the tenant is always set.',
  ),
]
const noRawHtml = [
  ban('JSXAttribute[name.name="dangerouslySetInnerHTML"]', 'Text is rendered as text: raw HTML would let a message run script.'),
  ban('JSXAttribute[name.name="style"]', 'No inline styles: use a class and a token of ui/tokens.css.'),
  ban(
    'AssignmentExpression[left.property.name=/^(innerHTML|outerHTML|srcdoc)$/]',
    'Text is rendered as text: raw HTML would let a message run script.',
  ),
  ban('CallExpression[callee.property.name="insertAdjacentHTML"]', 'Text is rendered as text.'),
  ban('CallExpression[callee.object.name="document"][callee.property.name=/^write(ln)?$/]', 'Text is rendered as text.'),
]

const clockGlobals = name(
  ['setTimeout', 'setInterval', 'setImmediate', 'requestAnimationFrame', 'queueMicrotask'],
  'Timers live in platform/: due work is a row, waiting takes the clock.',
)
const networkGlobals = name(['fetch', 'XMLHttpRequest', 'WebSocket', 'EventSource'], 'No network here.')
const pureGlobals = [
  ...name(['Date', 'Temporal'], 'Pure code: time is an argument, in milliseconds.'),
  ...name(['process', 'globalThis', 'performance', 'crypto'], 'Pure code: what is decided depends on the arguments alone.'),
  ...clockGlobals.map(({ name: it }) => ({ name: it, message: 'Pure code has no timers.' })),
  ...networkGlobals,
]
const cryptoGlobals = [
  ...networkGlobals,
  ...clockGlobals,
  ...name(
    [
      'self',
      'window',
      'document',
      'navigator',
      'location',
      'indexedDB',
      'caches',
      'localStorage',
      'sessionStorage',
      'postMessage',
      'importScripts',
      'BroadcastChannel',
      'Worker',
    ],
    'crypto/ has no input or output: it is audited alone.',
  ),
  ...name(['Date', 'process', 'console'], 'crypto/ takes what it needs as an argument.'),
]

const restrict = (...lists) => ({ 'no-restricted-syntax': ['error', ...lists.flat()] })
const globals = (...lists) => ({ 'no-restricted-globals': ['error', ...lists.flat()] })

export default tseslint.config(
  { ignores: ['**/node_modules', '**/.types', '**/dist', '.seeded', '.cache', '.wardline*', 'bench/results'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    rules: {
      // The compiler knows these better, or the house style differs.
      'no-undef': 'off',
      'no-control-regex': 'off',
      'no-empty': ['error', { allowEmptyCatch: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/no-empty-object-type': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-var': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'], location: 'start' }],
      ...restrict(noDefault, noMocks, noEval),
    },
  },
  {
    files: ['product/*/*/{contract,rules,preview,words}.ts', 'platform/contract.ts', 'platform/contract/**/*.ts'],
    rules: {
      ...restrict(noDefault, noEval, noWallClock, aroundGlobals, noRandom, noEnvironment, noSql),
      ...globals(pureGlobals),
      'no-console': 'error',
    },
  },
  {
    // The client half of a contract sends requests; fetch is its one way out.
    files: ['platform/contract/client.ts'],
    rules: globals(pureGlobals.filter((it) => it.name !== 'fetch' && it.name !== 'globalThis')),
  },
  {
    files: ['product/*/*/server/**/*.ts'],
    rules: {
      ...restrict(noDefault, noEval, noWallClock, aroundGlobals, noRandom, noEnvironment, noSql),
      ...globals(
        clockGlobals,
        name(['process'], 'The environment is read once, in apps/*/config.ts, and passed in.'),
        name(['fetch'], 'Vendors stand behind ports: use the http client of platform.'),
      ),
      'no-console': 'error',
    },
  },
  {
    files: ['product/*/*/server/queries.ts', 'product/*/*/server/queries/*.ts', 'product/*/*/server/*-queries.ts'],
    rules: restrict(noDefault, noEval, noWallClock, aroundGlobals, noRandom, noEnvironment, databaseClock, rawQuery),
  },
  {
    files: ['product/*/*/{web,client}/**/*.{ts,tsx}'],
    rules: {
      ...restrict(noDefault, noEval, noWallClock, aroundGlobals, noRandom, noEnvironment, noRawHtml),
      ...globals(
        clockGlobals.filter((it) => !/^(request|queue)/.test(it.name)),
        name(['process'], 'There is no process in a browser.'),
      ),
      'no-console': 'error',
    },
  },
  {
    files: ['ui/**/*.{ts,tsx}', 'apps/web/**/*.{ts,tsx}'],
    rules: { ...restrict(noDefault, noEval, noRandom, noEnvironment, noRawHtml), 'no-console': 'error' },
  },
  {
    files: ['crypto/**/*.ts'],
    rules: {
      ...restrict(noDefault, noEval, noWallClock, aroundGlobals, noRandom, noEnvironment),
      ...globals(cryptoGlobals),
      'no-console': 'error',
    },
  },
  {
    files: ['platform/**/*.ts'],
    ignores: ['platform/contract.ts', 'platform/contract/**', 'platform/testing/**', 'platform/testing.ts'],
    rules: { ...restrict(noDefault, noEval, noRandom, noEnvironment, databaseClock), 'no-console': 'error' },
  },
  {
    files: ['apps/server/**/*.ts', 'apps/cli/**/*.ts'],
    rules: restrict(noDefault, noEval, noRandom, noEnvironment),
  },
  {
    files: ['apps/*/config.ts'],
    rules: restrict(noDefault, noEval, noRandom),
  },
  {
    files: tests,
    rules: {
      ...restrict(noDefault, noMocks, noEval),
      'no-restricted-globals': 'off',
      'no-console': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  { files: configs, rules: { ...restrict(noMocks), '@typescript-eslint/no-require-imports': 'off' } },
  {
    // Promises that nobody waits for lose errors: a lost message, a half-made audit record. This needs types, so it is asked only where it matters.
    files: ['platform/**/*.ts', 'product/**/*.{ts,tsx}', 'crypto/**/*.ts', 'apps/**/*.{ts,tsx}', 'ui/**/*.{ts,tsx}', 'dev/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.test.tsx', '**/*.config.ts'],
    languageOptions: { parserOptions: { project: './tsconfig.lint.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
)
