// Flows with a verdict: what is done with their packets.
import { packetFromText } from '@twinpath/packet';
import { APPLICATIONS } from '../../sizes.ts';
import {
  acting,
  after,
  type Case,
  carriedIs,
  conversation,
  decided,
  drops,
  holds,
  OTHER,
  opens,
  passes,
  type Setting,
  type Step,
  settings,
  sniffing,
  statesAre,
  tcpSettings,
  udpSettings,
  VIDEO,
} from './case.ts';

const known = (setting: Setting, action: Parameters<typeof acting>[0], application = VIDEO) => {
  const { config, given } = acting(action);
  const { key, ...packets } = conversation(setting);
  return {
    config,
    given(tables: Parameters<typeof given>[0]) {
      given(tables);
      decided(tables, key, application);
    },
    ...packets,
  };
};
const CLASS = 184; // 46 << 2
const marked = (send: string, becomes: string): Step => ({ send, verdict: 'next', becomes, counts: { marked: 1 } });

const all = settings.flatMap((setting): readonly Case[] => {
  const { name } = setting;
  const { asks, answers, key } = conversation(setting);
  return [
    {
      title: `${name}: packets of a flow with a verdict go on and are counted for their application`,
      config: sniffing,
      given: (tables) => decided(tables, key),
      steps: [passes(asks()), passes(answers()), passes(asks()), passes(answers())],
      finally: carriedIs(4),
    },
    {
      title: `${name}: bytes are those of the frame`,
      config: sniffing,
      given: (tables) => decided(tables, key),
      steps: [passes(asks()), passes(answers())],
      finally({ carried }) {
        const bytes = packetFromText(asks()).length + packetFromText(answers()).length;
        holds('bytes', bytes, carried.get(VIDEO)?.traffic.bytes);
      },
    },
    {
      title: `${name}: who sniffs drops nothing`,
      config: sniffing,
      given(tables) {
        acting('drop').given(tables);
        decided(tables, key);
      },
      steps: [passes(asks()), passes(answers())],
      finally: carriedIs(2),
    },
    (({ config, given }): Case => ({
      title: `${name}: what is dropped is dropped in both directions, and counted`,
      config,
      given,
      steps: [drops(asks()), drops(answers())],
      finally: carriedIs(2),
    }))(known(setting, 'drop')),
    (({ config, given }): Case => ({
      title: `${name}: what a policy allows passes`,
      config,
      given,
      steps: [passes(asks()), passes(answers())],
    }))(known(setting, 'allow')),
    (({ config, given }): Case => ({
      title: `${name}: an application without a policy passes`,
      config,
      given,
      steps: [passes(asks()), passes(answers())],
      finally: carriedIs(2, OTHER),
    }))(known(setting, 'drop', OTHER)),
    (({ config, given }): Case => ({
      title: `${name}: before the verdict packets pass, whatever the policies are`,
      config,
      given,
      steps: [opens(conversation(setting, { sport: 41_000 }).asks())],
    }))(known(setting, 'drop')),
    (({ config, given }): Case => ({
      title: `${name}: a policy that the flow’s risks have chosen comes before that of its application`,
      config,
      given(tables) {
        given(tables);
        tables.policies.set(APPLICATIONS + 1, { action: 'drop', mark: 0, limit: 1 });
        tables.flows.update(key, { risks: 1n << 7n, riskPolicy: 2 });
      },
      steps: [drops(asks()), drops(answers())],
      finally: carriedIs(2),
    }))(known(setting, 'allow')),
    (({ config, given }): Case => ({
      title: `${name}: what is marked has the DSCP and keeps its bits of congestion`,
      config,
      given,
      steps: [
        marked(asks('ack', ' class 3'), asks('ack', ` class ${CLASS + 3}`)),
        marked(answers('ack', ' class 40'), answers('ack', ` class ${CLASS}`)),
      ],
    }))(known(setting, 'mark')),
    (({ config, given }): Case => ({
      title: `${name}: above its rate an application is dropped, until time has passed`,
      config,
      given,
      steps: [...limitedSteps(setting)],
    }))(known(setting, 'limit')),
  ];
});

/** 1000 bytes at once, 10,000 a second. */
function limitedSteps(setting: Setting): readonly Step[] {
  const { client, server, protocol } = setting;
  const ports = '40000 > 443';
  const head = client.includes(':') ? 54 : 34;
  const [flags, size] = protocol === 'tcp' ? [' ack', 20] : ['', 8];
  const packet = `ip ${client} > ${server} / ${protocol} ${ports}${flags} / zeros ${500 - head - size}`;
  const over = drops(packet, { limited: 1 });
  return [passes(packet), passes(packet), over, over, after('50 ms', passes(packet)), over];
}

const tcp = tcpSettings.flatMap((setting): readonly Case[] => {
  const { name } = setting;
  const { asks, answers, key } = conversation(setting);
  const given: NonNullable<Case['given']> = (tables) => decided(tables, key);
  const config = sniffing;
  const restarts = (send: string): Step => passes(send, { restarted: 1, opened: 1, shown: 1 });
  const gone: NonNullable<Case['finally']> = ({ flows, undecided }) =>
    holds('tables', [0, 1], [flows.size, undecided.size]);
  const blocked = known(setting, 'drop');
  return [
    {
      title: `${name}: a SYN ends the verdict`,
      config,
      given,
      steps: [passes(asks()), restarts(asks('syn'))],
      finally: gone,
    },
    { title: `${name}: so does one of the other end`, config, given, steps: [restarts(answers('syn'))], finally: gone },
    {
      title: `${name}: so does a SYN of an answer`,
      config,
      given,
      steps: [restarts(answers('syn ack'))],
      finally: gone,
    },
    { title: `${name}: FIN closes`, config, given, steps: [passes(asks('fin ack'))], finally: statesAre('closing') },
    { title: `${name}: RST closes`, config, given, steps: [passes(answers('rst'))], finally: statesAre('closing') },
    {
      title: `${name}: a closed flow keeps its verdict for half a minute without packets`,
      config,
      given,
      steps: [passes(asks('fin ack')), after('25 s', passes(answers())), after('25 s', passes(answers('fin ack')))],
      finally: statesAre('closing'),
    },
    {
      title: `${name}: and not longer`,
      config,
      given,
      steps: [passes(asks('fin ack')), after('32 s', opens(answers()))],
      finally: statesAre(),
    },
    {
      title: `${name}: an open flow keeps its verdict for two hours without packets`,
      config,
      given,
      steps: [passes(asks()), after('7199 s', passes(answers())), after('7199 s', passes(asks()))],
      finally: statesAre('tcp'),
    },
    {
      title: `${name}: and not longer, so that both sides have forgotten it`,
      config,
      given,
      steps: [passes(asks()), after('7202 s', opens(asks()))],
      finally: gone,
    },
    {
      title: `${name}: who is blocked does not get rid of it with a SYN into the middle`,
      config: blocked.config,
      given: blocked.given,
      steps: [drops(asks()), passes(asks('syn')), drops(asks()), drops(answers())],
      finally: statesAre('tcp'),
    },
    {
      title: `${name}: a new connection of who was blocked is accepted by the other end, and begins anew`,
      config: blocked.config,
      given: blocked.given,
      steps: [drops(asks()), passes(asks('syn')), restarts(answers('syn ack')), passes(asks(), { shown: 1 })],
      finally: gone,
    },
    {
      title: `${name}: behind FIN the SYN of who was blocked is enough`,
      config: blocked.config,
      given: blocked.given,
      steps: [drops(asks('fin ack')), restarts(asks('syn'))],
      finally: gone,
    },
  ];
});

const udp = udpSettings.flatMap((setting): readonly Case[] => {
  const { name } = setting;
  const { asks, answers, key } = conversation(setting);
  const given: NonNullable<Case['given']> = (tables) => decided(tables, key);
  const config = sniffing;
  return [
    {
      title: `${name}: a flow keeps its verdict for three minutes without packets`,
      config,
      given,
      steps: [passes(asks()), after('179 s', passes(answers())), after('179 s', passes(asks()))],
      finally: statesAre('other'),
    },
    {
      title: `${name}: and not longer`,
      config,
      given,
      steps: [passes(asks()), after('182 s', opens(asks()))],
      finally: statesAre(),
    },
  ];
});

export const verdicts: readonly Case[] = [...all, ...tcp, ...udp];
