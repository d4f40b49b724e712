import { net, type Prefix } from '@twinpath/vnf';

/** Networks and the two letters of their country (ISO 3166-1), from lines such as `192.0.2.0/24,CH`. Empty lines, and what
 *  follows `#`, say nothing. @throws Error with file and line of the first that is none of these */
export function readDatabase(text: string, file = 'the database'): readonly [Prefix, { country: string }][] {
  return text.split('\n').flatMap((line, index): [Prefix, { country: string }][] => {
    const said = line.replace(/#.*/, '').trim();
    if (said === '') return [];
    const [network = '', country = '', ...more] = said.split(',').map((part) => part.trim());
    const parsed = net.prefix().safeParse(network);
    const where = `${file}:${index + 1}`;
    if (!parsed.success) throw new Error(`${where}: ${parsed.error.issues[0]?.message}`);
    if (!/^[A-Z]{2}$/.test(country) || more.length > 0) {
      throw new Error(`${where}: '${said}' names no country; write a network and two letters, such as 192.0.2.0/24,CH`);
    }
    return [[parsed.data, { country }]];
  });
}
