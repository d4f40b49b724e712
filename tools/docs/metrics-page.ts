// docs/reference/metrics.md: all series of the daemon.
import { FAMILIES, type FamilyName, sampleName } from '@twinpath/daemon/metrics';

const HEAD = `# Metrics

\`GET /v1/metrics\` (\`twinpath get metrics\`) gives OpenMetrics text, to a caller with scope \`read\`. Everything is read when it is asked for:
nothing is counted twice, and nothing is measured while nobody asks. Counters of functions begin with the chain, those of slow paths with
the slow path's last start.

A Grafana dashboard that shows them is \`packages/daemon/grafana/twinpath.json\`. Prometheus asks with a token of scope \`read\`
([security](../guides/security.md)):

\`\`\`yaml
scrape_configs:
  - job_name: twinpath
    scheme: https
    metrics_path: /v1/metrics
    authorization: { credentials_file: /etc/prometheus/twinpath.token }
    tls_config: { ca_file: /etc/prometheus/twinpath-ca.pem }
    static_configs: [{ targets: ['edge1.example.org:7443'] }]
\`\`\`

What a function declares appears by itself: \`counters\` as \`twinpath_function_events_total\`, each \`tally\` with its labels, each classifier with
the packets of its rules (called as \`namesOfRules\` of the function calls them, or by number).

This page is made by \`npm run docs\` from \`packages/daemon/src/metrics/families.ts\`.
`;

const CHAPTERS: Readonly<Record<string, RegExp>> = {
  'The daemon': /^twinpath(_healthy|_revision|_store_.*|_process_.*)?$/,
  Chains: /^twinpath_chain_/,
  Ports: /^twinpath_port/,
  Functions: /^twinpath_(function|program)_/,
  'Tables and rules': /^twinpath_(table|rule|tally)_/,
};

export function metricsPage(): string {
  const isFamily = (name: string): name is FamilyName => name in FAMILIES;
  const names = Object.keys(FAMILIES).filter(isFamily);
  const chapters = Object.entries(CHAPTERS).map(([title, pattern]) => {
    const rows = names.filter((name) => pattern.test(name)).map(rowOf);
    return `\n## ${title}\n\n| series | type | labels | is |\n|---|---|---|---|\n${rows.join('')}`;
  });
  return HEAD + chapters.join('');
}

function rowOf(name: FamilyName): string {
  const { type, labels, help } = FAMILIES[name];
  return `| \`${sampleName(name)}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${help} |\n`;
}
