// Who names applications where nDPI's library is not there: its process is started, and cannot load it.
import { NdpiMissingError } from '@twinpath/ndpi';
import { packetFromText } from '@twinpath/packet';
import type { Log } from '@twinpath/vnf';
import { expect, it } from 'vitest';
import { openEngine } from './engine.ts';
import { Rig } from './test/rig.ts';

const library = 'libnothing-here.so';
const { signal } = new AbortController();
const heard = (): { readonly log: Log; readonly lines: string[] } => {
  const lines: string[] = [];
  const hear = (level: string) => (text: string) => void lines.push(`${level} ${text}`);
  return { log: { debug: hear('debug'), info: hear('info'), warn: hear('warn'), error: hear('error') }, lines };
};

it('goes on with the built-in classifiers by itself, and says so and what to install', async () => {
  const { log, lines } = heard();
  const engine = await openEngine('auto', log, signal, library);
  expect(engine).toBeUndefined();
  expect(lines).toEqual([expect.stringMatching(/^warn nDPI cannot be used: .*libnothing-here\.so/)]);
  expect(lines[0]).toContain('only the built-in classifiers name applications');
  expect(lines[0]).toContain('apt-get install libndpi4.2');

  using rig = await Rig.start({ engine });
  const request = Buffer.from('GET / HTTP/1.1\r\nHost: a.example\r\n\r\n').toString('hex');
  const ends = 'ip 198.51.100.5 > 192.0.2.80 / tcp 40000 > 9999';
  await rig.feed(packetFromText(`${ends} ack sequence 1000 / hex ${request}`));
  expect(rig.verdicts()).toMatchObject([{ name: 'HTTP' }]);
});

it('fails where nothing but nDPI is wanted', async () => {
  const { log, lines } = heard();
  await expect(openEngine('ndpi', log, signal, library)).rejects.toThrow(NdpiMissingError);
  expect(lines).toEqual([]);
});

it('does not ask for the library where it is not wanted', async () => {
  const { log, lines } = heard();
  expect(await openEngine('builtin', log, signal, library)).toBeUndefined();
  expect(lines).toEqual([]);
});
