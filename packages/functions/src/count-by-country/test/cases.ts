import { join } from 'node:path';
import type { CaseOf } from '@twinpath/testing';
import type countByCountry from '../count-by-country.vnf.ts';

type Case = CaseOf<typeof countByCountry>;
type Step = Case['steps'][number];

const passes = (send: string): Step => ({ send, verdict: 'next' });
const from = (address: string) =>
  passes(`ip ${address} > ${address.includes(':') ? 'fd00::1' : '10.0.0.1'} / udp 1 > 2`);

/** Such as `CH 1 60, IT 2 120`: packets and bytes. */
function counts(expected: string): NonNullable<Case['finally']> {
  return ({ countries }) => {
    const rows = [...countries].map(([{ country }, { packets, bytes }]) => `${country} ${packets} ${bytes}`);
    const seen = rows.toSorted().join(', ');
    if (seen !== expected) throw new Error(`counted ${seen}, not ${expected}`);
  };
}

export const cases: readonly Case[] = [
  {
    title: 'counts by the most specific network of the sender',
    given: ({ networks }) =>
      networks.replace([
        ['192.0.2.0/24', { country: 'CH' }],
        ['192.0.2.128/25', { country: 'IT' }],
        ['192.0.2.200/32', { country: 'FR' }],
      ]),
    steps: [from('192.0.2.127'), from('192.0.2.128'), from('192.0.2.255'), from('192.0.2.200')],
    finally: counts('CH 1 60, FR 1 60, IT 2 120'),
  },
  {
    title: 'counts IPv6 beside IPv4, also by networks that end within a byte',
    given: ({ networks }) =>
      networks.replace([
        ['::/0', { country: 'AA' }],
        ['2001:db8:8000::/33', { country: 'CH' }],
        ['0.0.0.0/0', { country: 'BB' }],
      ]),
    steps: [from('2001:db8:8000::1'), from('2001:db8:7fff::1'), from('192.0.2.1')],
    finally: counts('AA 1 62, BB 1 60, CH 1 62'),
  },
  {
    title: 'senders of no known network are counted together',
    steps: [from('192.0.2.1'), from('2001:db8::1'), from('10.0.0.1')],
    finally: counts('?? 3 182'),
  },
  {
    title: 'what is no IP is not counted, and passes',
    steps: [
      passes('arp who-has 10.0.0.1 tell 10.0.0.2'),
      passes('vlan 1 / vlan 2 / vlan 3 / ip 192.0.2.1 > 10.0.0.1 / udp 1 > 2'),
      passes('ip 192.0.2.1 > 10.0.0.1 / udp 1 > 2 / cut 30'),
    ],
    finally: counts(''),
  },
  {
    title: 'whole frames are counted, behind VLAN tags too',
    steps: [passes('vlan 7 / ip 192.0.2.1 > 10.0.0.1 / udp 1 > 2 / zeros 1000')],
    finally: counts('?? 1 1046'),
  },
  {
    title: 'networks come from the file that the configuration names',
    config: { database: join(import.meta.dirname, 'countries.csv') },
    steps: [from('198.51.100.7'), from('2001:db8::7'), from('203.0.113.1')],
    finally: counts('?? 1 60, DE 1 60, JP 1 62'),
  },
  {
    title: 'countries beyond the 256 that have room make no entries',
    given: ({ networks }) =>
      networks.replace(
        Array.from({ length: 300 }, (_, index) => [`10.${index >> 8}.${index & 255}.0/24`, { country: code(index) }]),
      ),
    steps: Array.from({ length: 300 }, (_, index) => from(`10.${index >> 8}.${index & 255}.1`)),
    finally: ({ countries }) => {
      const rows = [...countries].length;
      if (rows !== 256) throw new Error(`there are ${rows} countries`);
    },
  },
];

const letter = (number: number) => String.fromCharCode(65 + number);
const code = (index: number) => `${letter(Math.floor(index / 26))}${letter(index % 26)}`;
