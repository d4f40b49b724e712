// A whole function: what every generated body stands in.

import type { Random } from '../random.ts';
import { HELPERS, variableText } from './expressions.ts';
import type { Scope, Variable } from './scope.ts';
import { block } from './statements.ts';
import { type NumberText, render, type Statement, same, type Text } from './text.ts';

const variables: readonly Variable[] = [
  { name: 'x', reduce: 'modulo' },
  { name: 'y', reduce: 'modulo' },
  { name: 'w', reduce: 'word' },
  { name: 'v', reduce: 'word' },
];
const switches = ['p', 'q'];

/** Numbers that a packet has, by their place in the views. */
const inputs: readonly NumberText[] = [
  { ...same('packet.length'), low: 14n, high: 1n << 18n },
  { ...same('ip.hops'), low: 0n, high: 255n },
  { ...same('ip.trafficClass'), low: 0n, high: 255n },
  { ...same('ip.identification'), low: 0n, high: 0xffffn },
  { ...same('ip.length'), low: 0n, high: 0xffff_ffffn },
  { ...same('udp.sport'), low: 0n, high: 0xffffn },
  { ...same('udp.dport'), low: 0n, high: 0xffffn },
];

const HEAD = `import { array, be16, be32, bool, count64, drop, next, stack, table, u8, u16, u32, vnf } from '@twinpath/vnf';
const flows = table({
  key: { a: u16, b: u8 },
  value: { word: u32, short: u16, byte: u8, net: be32, count: count64, on: bool },
  max: 64,
});
const sums = array({ value: { total: count64, last: u16, net: be16 }, max: 4 });
const cells = array({ value: { count: count64, last: u32 }, max: 3, perCpu: true });
const out = array({ value: { x: u32, y: u32, w: u32, v: u32, p: bool, q: bool }, max: 1 });
${HELPERS.map(({ ts }) => ts).join('\n')}
export default vnf({
  name: 'generated',
  tables: { flows, sums, cells, out },
  fastPath(packet) {
`;

const BEGIN: Text = {
  ts: `const ip = packet.ipv4();
if (!ip) return stack;
const udp = ip.udp();
if (!udp) return next;
let x = 1;
let y = -2;
let w = 3;
let v = 4;
let p = false;
let q = true;
`,
  js: `const ip = packet.ip;
if (!ip) return stack;
const udp = ip.udp;
if (!udp) return next;
let x = 1n, y = -2n, w = 3n, v = 4n, p = false, q = true;
`,
};

const END = same(`const results = out.at(0);
if (results) {
  results.x = x;
  results.y = y;
  results.w = w;
  results.v = v;
  results.p = p;
  results.q = q;
}
return p ? drop : q ? next : stack;
`);

const scope: Scope = {
  numbers: [...inputs, ...variables.map(({ name, reduce }) => variableText(name, reduce))],
  flags: [...switches.map(same), same('ip.dontFragment')],
  variables,
  switches,
  entry: undefined,
  depth: 0,
  inLoop: false,
};

export function makeBody(random: Random): readonly Statement[] {
  let names = 0;
  const writing = { random, fresh: (prefix: string) => `${prefix}${names++}`, budget: random.integer(3, 30) };
  const body: Statement[] = [];
  while (writing.budget > 0) body.push({ parts: [same('{\n'), block(writing, scope, 6), same('}')] });
  return body;
}

export const moduleText = (body: readonly Statement[]): string =>
  `${HEAD}${BEGIN.ts}${render(body).ts}${END.ts}  },\n});\n`;

/** The body of a function of packet, tables and the twin's arithmetic. */
export const twinText = (body: readonly Statement[]): string =>
  `${HELPERS.map(({ js }) => js).join('\n')}\n${BEGIN.js}${render(body).js}${END.js.replace('out.at(0)', 'out.at(0n)')}`;
