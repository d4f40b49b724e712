import { BACKEND_PORT, type Case, conversation, goesTo, oneBackend, PORT, packet, passes, settings } from './case.ts';

/** Both directions, whatever is around the packet. */
export const nat: readonly Case[] = settings.flatMap((setting): readonly Case[] => {
  const { name, client, vip, backends, stranger, protocol, isIp4 } = setting;
  const config = oneBackend(setting);
  const { opens, asks, answers, ...ends } = conversation(setting);
  const [backend, other] = backends;
  const placed = { placed: 1 };
  const around = (outer: string, send: string) => `${outer} / ${send}`;
  const [asked, become] = [
    packet(setting, ends.client, ends.vip, 'syn'),
    packet(setting, ends.client, ends.backend, 'syn'),
  ];
  const withOptions = (text: string) =>
    isIp4
      ? text.replace(/ip (\S+) > (\S+)/, 'ip $1 > $2 options router-alert nop nop nop end')
      : text.replace(/ip (\S+) > (\S+)/, 'ip $1 > $2 / ext hop-by-hop / ext destination');
  return [
    {
      title: `${name}: a client gets to a backend, and answers come in the name of the service`,
      config,
      steps: [...opens, answers('ack'), asks('ack'), asks('psh ack'), answers('psh ack')],
    },
    {
      title: `${name}: a backend without a port is asked at the client's`,
      config: oneBackend(setting, { backends: [{ address: backend }] }),
      steps: [
        goesTo(asked, packet(setting, ends.client, [backend, PORT], 'syn'), placed),
        goesTo(
          packet(setting, [backend, PORT], ends.client, 'syn ack'),
          packet(setting, ends.vip, ends.client, 'syn ack'),
        ),
      ],
    },
    {
      title: `${name}: other ports, protocols and addresses pass`,
      config,
      steps: [
        passes(packet(setting, ends.client, [vip, PORT + 1], 'syn')),
        passes(packet(setting, ends.client, [stranger, PORT], 'syn')),
        passes(packet({ protocol: protocol === 'tcp' ? 'udp' : 'tcp' }, ends.client, ends.vip, 'syn')),
        passes(packet(setting, ends.vip, ends.client, 'syn')),
      ],
    },
    {
      title: `${name}: each port of a range is served, and none beside it`,
      config: oneBackend(setting, { port: '8000-8003' }),
      steps: [
        goesTo(packet(setting, ends.client, [vip, 8000], 'syn'), become, placed),
        goesTo(
          packet(setting, [client, 40_001], [vip, 8003], 'syn'),
          packet(setting, [client, 40_001], ends.backend, 'syn'),
          placed,
        ),
        passes(packet(setting, [client, 40_002], [vip, 7999], 'syn')),
        passes(packet(setting, [client, 40_003], [vip, 8004], 'syn')),
      ],
    },
    {
      title: `${name}: VLAN tags stay where they are`,
      config,
      steps: [
        goesTo(around('vlan 5', asked), around('vlan 5', become), placed),
        goesTo(
          around('vlan 5 / vlan 6', packet(setting, ends.backend, ends.client, 'syn ack')),
          around('vlan 5 / vlan 6', packet(setting, ends.vip, ends.client, 'syn ack')),
        ),
      ],
    },
    {
      title: `${name}: IPv4 options and IPv6 extension headers do not hide the ports`,
      config,
      steps: [goesTo(withOptions(asked), withOptions(become), placed), asks('syn')],
    },
    {
      title: `${name}: a backend's own conversations pass`,
      config,
      steps: [
        ...opens,
        passes(packet(setting, [backend, 5353], ends.client)),
        passes(packet(setting, [backend, BACKEND_PORT], [client, 40_001])),
        passes(packet(setting, [other, BACKEND_PORT], ends.client)),
        passes(packet(setting, ends.client, ends.backend)),
      ],
    },
    {
      title: `${name}: flows of two clients, and of two ports of one, are kept apart`,
      config,
      steps: [
        ...conversation(setting, 40_000).opens,
        ...conversation(setting, 40_001).opens,
        ...conversation({ ...setting, client: stranger }).opens,
        answers('ack'),
        conversation({ ...setting, client: stranger }).answers('ack'),
      ],
    },
  ];
});
