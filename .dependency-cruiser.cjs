// The rules of direction of ARCHITECTURE.md, one rule a line.
const layers = [
  ['packet', 'linux', 'ndpi'],
  ['ebpf', 'vnf', 'classifier'],
  ['compiler', 'engine', 'api'],
  ['runtime', 'functions'],
  ['testing'],
  ['daemon'],
  ['cli'],
];
// Cases, oracles and the like lie in folders called test.
const tests = '(\\.test\\.ts|/test/.*\\.ts)$';
const inside = (names) => `^packages/(${names.join('|')})/`;

/** Imports go down only, and packages of one layer do not import each other. */
const down = layers.map((names, layer) => ({
  name: `layer-${layer}-imports-down`,
  severity: 'error',
  from: { path: inside(names), pathNot: tests },
  to: { path: inside(layers.slice(layer).flat()), pathNot: names.map((name) => `^packages/${name}/`) },
}));
/** From outside, only what package.json's exports name: a folder's index. */
const own = layers.flat().map((name) => ({
  name: `${name}-is-entered-by-its-doors`,
  severity: 'error',
  from: { pathNot: `^packages/${name}/` },
  to: { path: `^packages/${name}/src/`, pathNot: ['/index\\.ts$', '\\.vnf\\.ts$'] },
}));
const door = (module, allowed) => ({
  name: `one-door-for-${module}`,
  severity: 'error',
  from: { pathNot: allowed },
  to: { path: `node_modules/${module}/` },
});

module.exports = {
  forbidden: [
    ...down,
    ...own,
    door('koffi', '^packages/(linux|ndpi)/'),
    door('hono', '^packages/daemon/'),
    door('@hono', '^packages/daemon/'),
    door('typescript', '^packages/compiler/src/frontend/parse/'),
    {
      name: 'functions-stand-on-the-authors-surface',
      severity: 'error',
      from: { path: '^packages/functions/', pathNot: tests },
      to: { path: '^packages/', pathNot: '^packages/(functions|vnf|packet|ndpi)/' },
    },
    {
      name: 'no-cycles',
      comment:
        'within a folder files may call each other (an ICMP error quotes an IP header); types are gone at run time',
      severity: 'error',
      from: { path: '^(packages/[^/]+/src/[^/]+)/' },
      to: { circular: true, pathNot: '^$1/', viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default'] },
  },
};
