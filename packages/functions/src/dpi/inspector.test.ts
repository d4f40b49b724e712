// What becomes of the first packets of flows: through the fast path, the inspector and back into the tables.
import { NdpiLostError, type Shown, type Verdict } from '@twinpath/ndpi';
import { packetFromText } from '@twinpath/packet';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Classifier } from './classifiers/index.ts';
import { Config } from './config.ts';
import { flowList, totals } from './reports.ts';
import { clientHello } from './test/client-hello.ts';
import { Rig } from './test/rig.ts';

const [client, server] = ['198.51.100.5', '192.0.2.80'];
const MS = 1e6;

/** TCP of one connection: `there` and `back` with what they carry. */
function connection(sport = 40_000, dport = 443) {
  const segment = (ends: string, flags: string, sequence: number, payload: Uint8Array) => {
    const data = payload.length === 0 ? '' : ` / hex ${Buffer.from(payload).toString('hex')}`;
    return packetFromText(`ip ${ends} ${flags} sequence ${sequence}${data}`);
  };
  const [up, down] = [
    `${client} > ${server} / tcp ${sport} > ${dport}`,
    `${server} > ${client} / tcp ${dport} > ${sport}`,
  ];
  const some = (flags: string): Uint8Array => new Uint8Array(flags === 'ack' ? 1 : 0);
  return {
    there: (flags: string, sequence = 1000, payload = some(flags)) => segment(up, flags, sequence, payload),
    back: (flags: string, sequence = 9000, payload = some(flags)) => segment(down, flags, sequence, payload),
  };
}

let rig: Rig;
/** Stands for nDPI: what it says of records, and whether it is there. */
let says: (record: Shown) => Partial<Verdict> | undefined;
let isLost: boolean;
let asked: Shown[];
const engine = {
  async show(records: readonly Shown[]): Promise<readonly Verdict[]> {
    if (isLost) throw new NdpiLostError('of the test');
    asked.push(...records);
    return records.flatMap((record) => {
      const said = says(record);
      const unknown = { application: 'Unknown', protocol: 'Unknown', category: 'Unspecified', risks: 0n };
      return said ? [{ flow: record.flow, isFinal: true, ...unknown, ...said }] : [];
    });
  },
};
const own: Classifier = {
  name: 'chatter',
  transport: 'tcp',
  classify: ({ client: { stream } }) => (stream[0] === 0x7e ? { application: 'Chatter', category: 'Chat' } : 'no'),
};

beforeAll(async () => {
  const policies = [{ action: 'drop' as const, applications: ['Movies'] }];
  const applications = [{ name: 'Movies', category: 'Media', servers: ['*.movies.example'] }];
  const packets = { tcp: 6, other: 3 };
  rig = await Rig.start({ engine, own: [own], config: { packets, policies, applications } });
  reset();
}, 60_000);
afterEach(async () => {
  says = () => undefined;
  isLost = false;
  await rig.inspector.giveUp(1e18);
  rig.clear();
  reset();
});
function reset(): void {
  says = () => undefined;
  isLost = false;
  asked = [];
}
const names = () => rig.verdicts().map(({ protocol, name }) => (protocol === name ? name : `${protocol}.${name}`));

describe('with nDPI', () => {
  it('enters what nDPI says as soon as it is final, and shows it no more', async () => {
    const { there, back } = connection();
    says = ({ packet }) =>
      packet ? { application: 'YouTube', protocol: 'TLS', category: 'Media', risks: 6n } : undefined;
    expect(await rig.feed(there('syn'))).toBe('held, allow');
    expect(await rig.feed(back('ack'))).toBe('next');
    expect(rig.verdicts()).toMatchObject([{ name: 'YouTube', protocol: 'TLS', category: 'Media', risks: 6n }]);
    expect(asked.filter(({ packet }) => packet)).toHaveLength(1);
  });

  it('keeps what nDPI says of the packet that decided, whatever it says of those that were shown with it', async () => {
    const { there } = connection();
    says = () => undefined;
    await rig.feed(there('syn'));
    const [waiting] = rig.tables.undecided;
    if (waiting === undefined) throw new Error('the flow is not there');
    const [key, { born }] = waiting;
    const verdicts = [{ application: 'IRC', protocol: 'IRC' }, { isFinal: false }, {}];
    says = ({ then }) => (then === 'forget' ? undefined : verdicts.shift());
    const samples = [4, 3, 0].map((left) => ({ key, born, left, frame: there('ack'), at: 0 }));
    await rig.inspector.inspect(samples);
    expect(names()).toEqual(['IRC']);
    // What nDPI has begun with the others is not left behind.
    expect(asked.at(-1)?.then).toBe('forget');
  });

  it('waits while nDPI wants more, and asks for a verdict with the last packet', async () => {
    const { there } = connection();
    says = ({ then }) => ({ application: 'TLS', protocol: 'TLS', isFinal: then === 'decide' });
    for (let count = 0; count < 5; count++) expect(await rig.feed(there('ack'))).toBe('held');
    expect(await rig.feed(there('ack'))).toBe('held, allow');
    expect(asked.map(({ then }) => then)).toEqual([...Array(5).fill(undefined), 'decide', 'forget']);
    expect(names()).toEqual(['TLS']);
  });

  it('takes what the built-in classifiers have found where nDPI knows nothing', async () => {
    const { there } = connection(40_000, 9999);
    says = ({ then }) => (then === 'decide' ? {} : undefined);
    await rig.feed(there('syn'));
    await rig.feed(there('ack', 1001, Buffer.from('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')));
    for (let count = 0; count < 4; count++) await rig.feed(there('ack'));
    expect(names()).toEqual(['HTTP']);
  });

  it('gives up flows that are silent, and those that are over sooner', async () => {
    const [silent, over] = [connection(1), connection(2)];
    says = ({ then }) => (then === 'decide' ? { application: 'IRC', protocol: 'IRC' } : undefined);
    await rig.feed(silent.there('syn'), 1000 * MS);
    await rig.feed(over.there('fin ack'), 1000 * MS);
    await rig.inspector.giveUp(3000 * MS);
    expect(names()).toEqual([]);
    await rig.inspector.giveUp(5000 * MS);
    expect(names()).toEqual(['IRC']);
    await rig.inspector.giveUp(32_000 * MS);
    expect(names()).toEqual(['IRC', 'IRC']);
    expect(rig.inspector.waiting).toBe(0);
  });

  it('tells nDPI to forget a flow whose verdict came from elsewhere', async () => {
    const { there } = connection();
    await rig.feed(there('syn'));
    await rig.feed(there('ack', 1001, Buffer.from('~hello')));
    expect(names()).toEqual(['Chatter']);
    expect(asked.map(({ then }) => then)).toEqual([undefined, undefined, 'forget']);
  });
});

describe('without nDPI', () => {
  it('puts a ClientHello together from segments that come in any order', async () => {
    isLost = true;
    const hello = await clientHello('www.example.com');
    const { there, back } = connection();
    await rig.feed(there('syn', 1000));
    await rig.feed(back('syn ack'));
    expect(await rig.feed(there('psh ack', 1101, hello.subarray(100)))).toBe('held');
    expect(await rig.feed(there('ack', 1001, hello.subarray(0, 100)))).toBe('held, allow');
    expect(names()).toEqual(['TLS']);
    expect([...rig.tables.details].map(([, { server: name }]) => name)).toEqual(['www.example.com']);
  });

  it('says Unknown behind the last packet', async () => {
    isLost = true;
    const { there } = connection(1, 2);
    for (let count = 0; count < 6; count++) await rig.feed(there('ack', 1000 + count, Buffer.from('?')));
    expect(names()).toEqual(['Unknown']);
  });

  it('goes on with the classifiers when nDPI is lost in the middle of a flow', async () => {
    const { there } = connection();
    await rig.feed(there('syn', 1000));
    isLost = true;
    expect(await rig.feed(there('ack', 1001, Buffer.from('SSH-2.0-x\r\n')))).toBe('held, allow');
    expect(names()).toEqual(['SSH']);
  });
});

describe('an application of one’s own', () => {
  it('is told by the name of its server, whatever nDPI thinks; what was held of it is dropped', async () => {
    const { there } = connection();
    says = ({ then }) => (then === 'forget' ? undefined : { application: 'TLS', protocol: 'TLS', isFinal: false });
    await rig.feed(there('syn', 1000));
    expect(await rig.feed(there('ack', 1001, await clientHello('cdn.movies.example')))).toBe('held, drop');
    expect(names()).toEqual(['TLS.Movies']);
    expect(await rig.feed(there('ack', 1600))).toBe('drop');
  });

  it('is not told by a name that only ends alike', async () => {
    const { there } = connection();
    await rig.feed(there('syn', 1000));
    expect(await rig.feed(there('ack', 1001, await clientHello('notmovies.example')))).toBe('held');
  });
});

describe('both sides', () => {
  it('count the packets that came before the verdict for its application', async () => {
    const { there } = connection();
    await rig.feed(there('syn'));
    await rig.feed(there('ack'));
    says = () => ({ application: 'IRC', protocol: 'IRC' });
    await rig.feed(there('ack'));
    await rig.feed(there('ack'));
    const number = [...rig.tables.applications].find(([, { name }]) => name === 'IRC')?.[0] ?? 0;
    expect(rig.tables.early.get(number)?.traffic.packets).toBe(3);
    expect(rig.tables.carried.get(number)?.traffic.packets).toBe(1);
    expect([...rig.tables.undecided]).toEqual([]);
  });

  it('eDPI 3: a verdict that comes late is not entered for a new connection of the same ports', async () => {
    const { there } = connection();
    const answer = Promise.withResolvers<void>();
    const { show } = engine;
    engine.show = async (records) => {
      await answer.promise;
      return show(records);
    };
    says = () => ({ application: 'IRC', protocol: 'IRC' });
    const first = rig.feed(there('fin ack'));
    rig.after('1 ms');
    engine.show = show;
    says = () => undefined;
    expect(await rig.feed(there('syn', 5000))).toBe('held');
    says = () => ({ application: 'IRC', protocol: 'IRC' });
    answer.resolve();
    expect(await first).toBe('held');
    expect(names()).toEqual([]);
    expect(rig.inspector.waiting).toBe(1);
  });

  it('begin anew with a SYN of another connection, though nobody has seen the end of the first', async () => {
    isLost = true;
    const { there } = connection();
    await rig.feed(there('syn', 1000));
    await rig.feed(there('ack', 1001, Buffer.from('GET /')));
    await rig.feed(there('syn', 70_000));
    await rig.feed(there('ack', 70_001, Buffer.from('SSH-2.0-x\r\n')));
    expect(names()).toEqual(['SSH']);
  });

  it('eDPI 6: packets that are on their way when the verdict is entered ask nothing again', async () => {
    const { there } = connection();
    says = () => ({ application: 'IRC', protocol: 'IRC' });
    const both = await Promise.all([rig.feed(there('syn')), rig.feed(there('ack'))]);
    expect(both.filter((one) => one === 'held, allow')).toHaveLength(1);
    expect(names()).toEqual(['IRC']);
    expect(rig.inspector.waiting).toBe(0);
  });
});

describe('operations', () => {
  it('show what applications have carried, and flows with verdict, server and risks', async () => {
    const { there } = connection();
    says = ({ then }) =>
      then === 'forget' ? undefined : { application: 'TLS', protocol: 'TLS', risks: 6n, isFinal: false };
    await rig.feed(there('syn', 1000));
    await rig.feed(there('ack', 1001, await clientHello('cdn.movies.example')));
    await rig.feed(there('ack', 1600));
    expect(totals(rig.tables, Config.parse({}))).toMatchObject([
      { application: 'Movies', protocol: 'TLS', category: 'Media', action: 'allow', packets: 3 },
    ]);
    const [flow, ...more] = flowList(rig.tables, { application: 'movies', most: 10 });
    expect(more).toEqual([]);
    expect(flow).toMatchObject({
      ...{ src: server, dst: client, sport: 443, dport: 40_000, protocol: 'tcp', vlan: 0 },
      ...{
        application: 'Movies',
        state: 'tcp',
        category: 'Media',
        risks: ['XSS Attack', 'SQL Injection'],
        server: 'cdn.movies.example',
      },
    });
    expect(flowList(rig.tables, { application: 'Netflix', most: 10 })).toEqual([]);
  });
});
