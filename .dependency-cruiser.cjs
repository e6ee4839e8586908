// The import fence: who may import whom. ARCHITECTURE.md says it in six sentences; here the machine checks them, type-only imports included.
// A door is what product/package.json exports (contract, rules, preview, server, client, web); an import by door is an `aliased-workspace` dependency.

const tests = '\\.test\\.tsx?$|^(scenarios|testing|bench|tools)/|^(platform|crypto)/testing|^ui/gallery/'
const ours = '^(platform|crypto|ui|product|apps|dev|scenarios|testing|bench|tools)/'
const pure = '(contract|rules|preview|words)\\.ts$'
const pureFeatureFile = `^product/[^/]+/[^/]+/${pure}`
const pureLibraries = '(^|/)node_modules/(typebox|temporal-polyfill|libphonenumber-js|sms-segments-calculator)/'
// client/ is a device's engine without screens, web/ the screens: both reach the browser.
const browser = '^product/[^/]+/[^/]+/(web|client)/|^ui/|^apps/web/'
const feature = '^product/([^/]+/[^/]+)/'

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const forbidden = [
  // What holds everywhere.
  { name: 'no-cycles', comment: 'No import cycles, type imports counted.', severity: 'error', from: {}, to: { circular: true } },
  {
    name: 'resolves',
    comment: 'Every import resolves: an unresolved one would be no edge and so escape every rule.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'declared',
    comment: 'Every package is declared in a package.json.',
    severity: 'error',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'shipped',
    comment: 'Code that is shipped needs no development package at run time.',
    severity: 'error',
    from: { path: '^(platform|crypto|ui|product|apps)/', pathNot: `${tests}|\\.config\\.ts$` },
    to: {
      dependencyTypes: ['npm-dev'],
      dependencyTypesNot: ['type-only', 'npm', 'npm-optional', 'npm-peer'],
      pathNot: '(^|/)node_modules/@types/',
    },
  },
  {
    name: 'no-orphans',
    comment: 'A file that nobody imports and that imports nothing is dead.',
    severity: 'error',
    from: {
      orphan: true,
      pathNot: `${tests}|\\.d\\.ts$|(^|/)[^/]+\\.config\\.ts$|/main\\.tsx?$|/worker\\.ts$|^dev/demo/page/|${pureFeatureFile}`,
    },
    to: {},
  },

  // 1. platform, crypto and ui import nothing of ours.
  {
    name: 'platform-alone',
    comment: 'platform knows no healthcare word.',
    severity: 'error',
    from: { path: '^platform/', pathNot: tests },
    to: { path: ours, pathNot: '^platform/' },
  },
  {
    name: 'crypto-alone',
    comment: 'crypto is audited alone.',
    severity: 'error',
    from: { path: '^crypto/', pathNot: tests },
    to: { path: ours, pathNot: '^crypto/' },
  },
  {
    name: 'crypto-libraries',
    comment: 'crypto has no input, output or platform: it may use @noble and nothing else.',
    severity: 'error',
    from: { path: '^crypto/', pathNot: tests },
    to: { pathNot: ['^crypto/', '(^|/)node_modules/@noble/(curves|hashes)/'] },
  },
  {
    name: 'ui-alone',
    comment: 'ui knows no feature.',
    severity: 'error',
    from: { path: '^ui/', pathNot: tests },
    to: { path: ours, pathNot: '^ui/' },
  },

  // 2. Contracts and rules are pure.
  {
    name: 'pure',
    comment: 'contract.ts, rules.ts, preview.ts and words.ts import each other, platform/contract and pure libraries.',
    severity: 'error',
    from: { path: pureFeatureFile },
    to: { pathNot: [pureFeatureFile, '^platform/contract\\.ts$', pureLibraries] },
  },
  {
    name: 'contract-side-pure',
    comment: 'platform/contract is what browsers and rules share: it imports the schema library only.',
    severity: 'error',
    from: { path: '^platform/contract(/|\\.ts$)', pathNot: tests },
    to: { pathNot: ['^platform/contract(/|\\.ts$)', '(^|/)node_modules/typebox/'] },
  },
  {
    name: 'rules-stay-home',
    comment: 'Anomaly, lockout and abuse rules never reach a browser: it previews with preview.ts.',
    severity: 'error',
    from: { path: browser, pathNot: tests },
    to: { path: '^product/[^/]+/[^/]+/rules\\.ts$' },
  },

  // 3. server never meets web.
  {
    name: 'server-not-web',
    comment: 'Server code imports no browser code.',
    severity: 'error',
    from: { path: '^product/[^/]+/[^/]+/server/|^platform/|^apps/server/', pathNot: tests },
    to: { path: `${browser}|(^|/)node_modules/(react|react-dom|react-aria-components|@tanstack/[^/]+|idb)/` },
  },
  {
    name: 'cli-has-no-screens',
    comment: 'The command line is a device where it opens the archive offline: it may use an engine, never a screen.',
    severity: 'error',
    from: { path: '^apps/cli/', pathNot: tests },
    to: {
      path: `^product/[^/]+/[^/]+/web/|^ui/|^apps/web/|(^|/)node_modules/(react|react-dom|react-aria-components|@tanstack/[^/]+|idb)/`,
    },
  },
  {
    name: 'web-not-server',
    comment: 'Browser code imports no server code and nothing of Node.',
    severity: 'error',
    from: { path: browser, pathNot: `${tests}|\\.config\\.ts$` },
    to: { path: '^product/[^/]+/[^/]+/server/|^apps/(server|cli)/|^dev/|^platform/(?!contract)' },
  },
  {
    name: 'web-not-node',
    comment: 'Browser code imports nothing of Node.',
    severity: 'error',
    from: { path: `${browser}|^crypto/`, pathNot: `${tests}|\\.config\\.ts$` },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'client-has-no-screens',
    comment: 'The device engine runs in a worker, in tests and in benchmarks: it knows no screen.',
    severity: 'error',
    from: { path: '^product/[^/]+/[^/]+/client/', pathNot: tests },
    to: { path: '^product/[^/]+/[^/]+/web/|^ui/|^apps/|(^|/)node_modules/(react|react-dom|react-aria-components|@tanstack/[^/]+)/' },
  },

  // 4. Another feature is reached by its door only.
  {
    name: 'by-the-door',
    comment: 'Another feature is imported as @wardline/product/<area>/<feature>/<door>, never by a relative path.',
    severity: 'error',
    from: { path: feature },
    to: { path: '^product/', pathNot: '^product/$1/', dependencyTypesNot: ['aliased-workspace'] },
  },
  {
    name: 'workspaces-by-the-door',
    comment: 'A workspace is imported by its package name.',
    severity: 'error',
    from: { path: '^(platform|crypto|ui|product|apps/[^/]+|dev|scenarios|tools|bench|testing)/' },
    to: { path: '^(platform|crypto|ui|product|apps/[^/]+|dev)/', pathNot: '^$1/', dependencyTypesNot: ['aliased-workspace'] },
  },

  // 5. Areas point down; compliance is imported by nobody.
  {
    name: 'access-is-lowest',
    comment: 'access imports no other area.',
    severity: 'error',
    from: { path: '^product/access/', pathNot: tests },
    to: { path: '^product/(?!access/)' },
  },
  {
    name: 'team-points-down',
    comment: 'team imports access only.',
    severity: 'error',
    from: { path: '^product/team/', pathNot: tests },
    to: { path: '^product/(?!team/|access/)' },
  },
  {
    name: 'patients-point-down',
    comment: 'patients imports team and access; of integrations only the ports: contracts and pure rules.',
    severity: 'error',
    from: { path: '^product/patients/', pathNot: tests },
    to: { path: '^product/(?!patients/|team/|access/|integrations/[^/]+/(contract|rules)[.]ts$)' },
  },
  {
    name: 'integrations-implement-ports',
    comment: 'integrations implement ports that stand in the contracts of others; of access they may also use the server door.',
    severity: 'error',
    from: { path: '^product/integrations/', pathNot: tests },
    to: {
      path: '^product/',
      pathNot: [
        '^product/integrations/',
        `^product/(team|patients|access)/[^/]+/${pure}`,
        '^product/access/[^/]+/(server|web)/index\\.ts$',
      ],
    },
  },
  {
    name: 'compliance-listens',
    comment: 'compliance is imported by nobody; what others must ask it for lives in access/policies.',
    severity: 'error',
    from: { path: '^(platform|crypto|ui|product)/', pathNot: `${tests}|^product/compliance/` },
    to: { path: '^product/compliance/' },
  },

  // 6. apps compose; nothing imports apps. The pretend world stays outside.
  {
    name: 'apps-are-the-top',
    comment: 'Nothing below imports apps.',
    severity: 'error',
    from: { path: '^(platform|crypto|ui|product)/', pathNot: tests },
    to: { path: '^apps/' },
  },
  {
    name: 'apps-apart',
    comment: 'Of the apps only cli starts another one.',
    severity: 'error',
    from: { path: '^apps/(server|web)/', pathNot: tests },
    to: { path: '^apps/', pathNot: '^apps/$1/' },
  },
  {
    name: 'no-pretend-world',
    comment: 'The pretend vendors and the movable clock are for demo and tests: shipped code cannot reach them.',
    severity: 'error',
    from: { path: '^(platform|crypto|ui|product|apps)/', pathNot: `${tests}|^apps/cli/` },
    to: { path: '^(dev|scenarios|testing|bench|tools)/' },
  },
  {
    name: 'no-test-doors',
    comment: 'Test helpers are for tests and the pretend world.',
    severity: 'error',
    from: { path: '^(platform|crypto|ui|product|apps)/', pathNot: tests },
    to: { path: '^(platform|crypto)/testing|^ui/gallery/|\\.test\\.tsx?$' },
  },

  // Three hops: route, use-case, query.
  {
    name: 'sql-behind-queries',
    comment: 'A route runs a use-case and a rule decides; neither sees the database. Statements stand in queries.ts.',
    severity: 'error',
    from: { path: '^product/', pathNot: `${tests}|^product/[^/]+/[^/]+/server/(?!routes\\.ts$)` },
    to: { path: '^platform/db/|(^|/)node_modules/(pg|pg-[^/]+)/' },
  },
  {
    name: 'driver-in-platform',
    comment: 'The database driver is known to platform/db only.',
    severity: 'error',
    from: { path: '^(product|apps|dev)/', pathNot: tests },
    to: { path: '(^|/)node_modules/(pg|pg-[^/]+)/', dependencyTypesNot: ['type-only'] },
  },
]

module.exports = {
  forbidden,
  options: {
    doNotFollow: { path: 'node_modules' },
    // Ours only: a plain "dist" would also hide every package that is shipped in a folder of that name.
    exclude: { path: ['^(platform|crypto|ui|product|dev)/\\.types/', '^apps/[^/]+/(\\.types|dist)/'] },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
    },
    skipAnalysisNotInRules: true,
  },
}
