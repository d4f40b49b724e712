import { after, type Case, drops, goesTo, oneBackend, passes, settings } from './case.ts';

const [udp4] = settings.filter(({ protocol, isIp4 }) => protocol === 'udp' && isIp4);
const [udp6] = settings.filter(({ protocol, isIp4 }) => protocol === 'udp' && !isIp4);

function of4({ client, vip, backends, stranger }: NonNullable<typeof udp4>): readonly Case[] {
  const config = oneBackend({ name: '', protocol: 'udp', client, vip, backends, stranger, isIp4: true });
  const [backend] = backends;
  const first = (from: string, to: string, ports: string, id = 7) =>
    `ip ${from} > ${to} fragment offset 0 more id ${id} / udp ${ports} / zeros 32`;
  const later = (from: string, to: string, id = 7, more = '') =>
    `ip ${from} > ${to} fragment offset 5${more} id ${id} protocol udp / zeros 32`;
  const asks = goesTo(first(client, vip, '40000 > 80'), first(client, backend, '40000 > 8080'), { placed: 1 });
  const follows = goesTo(later(client, vip), later(client, backend), { fragments: 1 });
  return [
    { title: 'fragments behind the first go where it went', config, steps: [asks, follows, follows] },
    {
      title: 'fragments in the middle, too',
      config,
      steps: [asks, goesTo(later(client, vip, 7, ' more'), later(client, backend, 7, ' more'), { fragments: 1 })],
    },
    {
      title: 'fragments of answers come in the name of the service',
      config,
      steps: [
        asks,
        goesTo(first(backend, client, '8080 > 40000', 9), first(vip, client, '80 > 40000', 9), { known: 1 }),
        goesTo(later(backend, client, 9), later(vip, client, 9), { fragments: 1 }),
      ],
    },
    {
      title: 'fragments to the service whose first is not known are dropped',
      config,
      steps: [
        drops(later(client, vip), { lostFragments: 1 }),
        asks,
        drops(later(client, vip, 8), { lostFragments: 1 }),
        drops(later(stranger, vip), { lostFragments: 1 }),
      ],
    },
    {
      title: 'fragments that are for nobody here pass',
      config,
      steps: [asks, passes(later(client, stranger)), passes(later(backend, client, 3))],
    },
    {
      title: 'what looks like a transport header in a later fragment is none',
      config,
      steps: [drops(`ip ${client} > ${vip} fragment offset 1 id 7 / udp 40000 > 80`, { lostFragments: 1 })],
    },
    {
      title: 'a name of fragments is forgotten after half a minute',
      config,
      steps: [asks, after('29 s', follows), after('4 s', drops(later(client, vip), { lostFragments: 1 }))],
    },
    {
      title: 'an ICMP fragment behind the first is not taken for one of UDP',
      config,
      steps: [
        asks,
        drops(`ip ${client} > ${vip} fragment offset 5 id 7 protocol icmp / zeros 32`, { lostFragments: 1 }),
      ],
    },
  ];
}

function of6({ client, vip, backends, stranger }: NonNullable<typeof udp6>): readonly Case[] {
  const config = oneBackend({ name: '', protocol: 'udp', client, vip, backends, stranger, isIp4: false });
  const [backend] = backends;
  const first = (from: string, to: string, ports: string, id = 70_000) =>
    `ip ${from} > ${to} / ext fragment offset 0 more id ${id} / udp ${ports} / zeros 32`;
  const later = (from: string, to: string, id = 70_000, before = '') =>
    `ip ${from} > ${to} / ${before}ext fragment offset 5 id ${id} next udp / zeros 32`;
  const asks = goesTo(first(client, vip, '40000 > 80'), first(client, backend, '40000 > 8080'), { placed: 1 });
  const follows = goesTo(later(client, vip), later(client, backend), { fragments: 1 });
  return [
    { title: 'IPv6: fragments behind the first go where it went', config, steps: [asks, follows, follows] },
    {
      title: 'IPv6: fragments of answers come in the name of the service',
      config,
      steps: [
        asks,
        goesTo(first(backend, client, '8080 > 40000', 9), first(vip, client, '80 > 40000', 9), { known: 1 }),
        goesTo(later(backend, client, 9), later(vip, client, 9), { fragments: 1 }),
      ],
    },
    {
      title: 'IPv6: fragments to the service whose first is not known are dropped, others pass',
      config,
      steps: [
        drops(later(client, vip), { lostFragments: 1 }),
        asks,
        // The name has 32 bits.
        drops(later(client, vip, 70_000 - 65_536), { lostFragments: 1 }),
        drops(later(stranger, vip), { lostFragments: 1 }),
        drops(later(client, vip, 70_000, 'ext hop-by-hop / '), { lostFragments: 1 }),
        passes(later(client, stranger)),
      ],
    },
    {
      title: 'IPv6: an atomic fragment is no fragment (RFC 6946)',
      config,
      steps: [
        goesTo(
          `ip ${client} > ${vip} / ext fragment offset 0 id 7 / udp 40000 > 80`,
          `ip ${client} > ${backend} / ext fragment offset 0 id 7 / udp 40000 > 8080`,
          { placed: 1 },
        ),
      ],
    },
  ];
}

export const fragments: readonly Case[] = [...(udp4 ? of4(udp4) : []), ...(udp6 ? of6(udp6) : [])];
