// Verdicts on their way into the tables, where something comes between.
import { packetFromText } from '@twinpath/packet';
import { TableFullError } from '@twinpath/vnf';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Applications, applyPolicies, applyRiskPolicies } from './applications.ts';
import { Config } from './config.ts';
import { Conversation } from './conversation.ts';
import { type Decision, Ledger, type Tables } from './ledger.ts';
import { APPLICATIONS, UNKNOWN } from './sizes.ts';
import { Rig } from './test/rig.ts';

const config = Config.parse({ mode: 'inline', policies: [{ applications: ['Chess'], action: 'drop' }] });
const chess = { application: { name: 'Chess', protocol: 'TLS', category: 'Game' }, risks: 0n };
const packet = packetFromText('ip 10.0.0.1 > 10.0.0.2 / tcp 1 > 2 ack');

let rig: Rig;
const warned: string[] = [];
const log = { debug() {}, info() {}, warn: (text: string) => warned.push(text), error() {} };
beforeAll(async () => {
  rig = await Rig.start({ config: { packets: { tcp: 1, other: 1 } } });
}, 60_000);
afterEach(() => rig.clear());

/** A flow that waits for its verdict. */
async function waiting(): Promise<Conversation> {
  await rig.feed(packet);
  rig.clear();
  const key = { src: '10.0.0.1', dst: '10.0.0.2', sport: 1, dport: 2, protocol: 'tcp', vlan: 0 } as const;
  rig.tables.undecided.set(key, { born: 7, left: 3, isClosing: false, application: 0, risks: 0n, riskPolicy: 0 });
  return new Conversation(1, key, 7, []);
}
/** The tables, whose `flows` do something else when verdicts are entered. */
function withFlows(writes: Pick<Tables['flows'], 'set' | 'setMany'>): Tables {
  const { flows } = rig.tables;
  const tables: object = { ...rig.tables, flows: { deleteMany: flows.deleteMany.bind(flows), ...writes } };
  return tables as Tables;
}
const enter = (ledger: Ledger, conversation: Conversation, decision: Decision, given: Config) =>
  ledger.enter(new Map([[conversation, decision]]), given).get(conversation);

describe('a verdict', () => {
  it('stays with the undecided flow where the table of flows is full, and acts all the same; that is said once', async () => {
    const conversation = await waiting();
    const refuse = () => {
      throw new TableFullError('flows', 10);
    };
    const full = withFlows({ set: refuse, setMany: refuse });
    const ledger = new Ledger(full, log);
    expect(enter(ledger, conversation, chess, config)).toMatchObject({ action: 'drop' });
    const number = [...rig.tables.applications].find(([, { name }]) => name === 'Chess')?.[0];
    expect(rig.tables.undecided.get(conversation.key)).toMatchObject({ application: number, left: 0 });
    expect(enter(ledger, conversation, chess, config)).toBeUndefined();
    enter(ledger, await waiting(), chess, config);
    expect(warned).toHaveLength(1);
    expect(warned[0]).toContain('flows is full');
  });

  it('eDPI 3: is taken back where a new flow begins between the same ends while it is written', async () => {
    const conversation = await waiting();
    const { flows, undecided } = rig.tables;
    const setMany: Tables['flows']['setMany'] = (entries) => {
      flows.setMany(entries);
      undecided.set(conversation.key, { born: 8, left: 3, isClosing: false, application: 0, risks: 0n, riskPolicy: 0 });
    };
    const racing = new Ledger(withFlows({ set: flows.set.bind(flows), setMany }), log);
    expect(enter(racing, conversation, chess, config)).toBeUndefined();
    expect(flows.get(conversation.key)).toBeUndefined();
    expect(undecided.get(conversation.key)).toMatchObject({ born: 8, application: 0, risks: 0n, riskPolicy: 0 });
  });

  it('is nobody’s where its flow has been forgotten', async () => {
    const conversation = await waiting();
    rig.tables.undecided.delete(conversation.key);
    expect(enter(new Ledger(rig.tables, log), conversation, chess, config)).toBeUndefined();
    expect(rig.tables.flows.size).toBe(0);
  });
});

describe('applications', () => {
  const named = (name: string) => ({ name, protocol: 'TLS', category: 'Web' });

  it('keep their numbers when the slow path begins again', () => {
    const number = new Applications(rig.tables).numberOf(named('Maps'), config);
    const again = new Applications(rig.tables);
    expect(again.numberOf(named('Maps'), config)).toBe(number);
    expect(again.numberOf(named('Mail'), config)).toBe(number + 1);
  });

  it('follow a change of policies', () => {
    const number = new Applications(rig.tables).numberOf(named('Chess'), config);
    expect(rig.tables.policies.get(number)?.action).toBe('drop');
    applyPolicies(rig.tables, Config.parse({}));
    expect(rig.tables.policies.get(number)?.action).toBe('allow');
  });

  it('have names that a table can hold', () => {
    const applications = new Applications(rig.tables);
    const number = applications.numberOf(named(`Ünknown\n${'x'.repeat(60)}`), config);
    expect(rig.tables.applications.get(number)?.name).toBe(`?nknown?${'x'.repeat(40)}`);
  });

  it('count as unknown where there are too many', () => {
    const applications = new Applications(rig.tables);
    const numbers = Array.from({ length: APPLICATIONS }, (_, index) =>
      applications.numberOf(named(`a${index}`), config),
    );
    expect(Math.max(...numbers)).toBe(APPLICATIONS - 1);
    expect(numbers.at(-1)).toBe(UNKNOWN);
  });
});

describe('policies by risk', () => {
  const OBSOLETE = 1n << 7n;
  const inline = (...policies: readonly object[]) => Config.parse({ mode: 'inline', policies });
  const byRisk = { risks: ['Obsolete TLS Version (1.1 or older)'], action: 'drop' };

  it('are in the verdict of a flow with the risk, and of no other', async () => {
    const given = inline({ applications: ['Draughts'], action: 'allow' }, byRisk);
    const conversation = await waiting();
    const ledger = new Ledger(rig.tables, log);
    expect(enter(ledger, conversation, { ...chess, risks: OBSOLETE }, given)).toMatchObject({ action: 'drop' });
    expect(rig.tables.flows.get(conversation.key)).toMatchObject({ risks: OBSOLETE, riskPolicy: 2 });
    const other = await waiting();
    expect(enter(ledger, other, { ...chess, risks: 1n << 8n }, given)).toMatchObject({ action: 'allow' });
    expect(rig.tables.flows.get(other.key)).toMatchObject({ riskPolicy: 0 });
  });

  it('follow the configuration, also for verdicts that are there', async () => {
    const conversation = await waiting();
    enter(new Ledger(rig.tables, log), conversation, { ...chess, risks: OBSOLETE }, inline(byRisk));
    const chosen = () => rig.tables.flows.get(conversation.key)?.riskPolicy;
    expect(chosen()).toBe(1);
    applyRiskPolicies(rig.tables, inline({ categories: ['VPN'], action: 'drop' }, byRisk));
    expect(chosen()).toBe(2);
    expect(rig.tables.policies.get(APPLICATIONS + 1)).toMatchObject({ action: 'drop' });
    applyRiskPolicies(rig.tables, inline({ categories: ['VPN'], action: 'drop' }));
    expect(chosen()).toBe(0);
  });
});
