import { expect, test } from 'vitest';
import { hide, localKey, reveal } from './usm.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const ENGINE = hex('000000000000000000000002');

test('a password is the key of RFC 3414, appendix A.3, at its agent', () => {
  expect(localKey('md5', 'maplesyrup', ENGINE)).toEqual(hex('526f5eed9fcce26f8964c2930787d82b'));
  expect(localKey('sha1', 'maplesyrup', ENGINE)).toEqual(hex('6695febc9288e36282235fc7151f128497b38f3f'));
});

test('what is hidden is seen again, at the same time and with the same key only', () => {
  const key = localKey('sha256', 'maplesyrup', ENGINE);
  const at = { boots: 3, time: 70_000 };
  const text = Buffer.from('a question and nothing else');
  const hidden = hide(key, at, text);
  expect(reveal(key, at, hidden)).toEqual(text);
  expect(hidden.contents).not.toEqual(text);
  expect(reveal(key, { ...at, time: 70_001 }, hidden)).not.toEqual(text);
  expect(reveal(localKey('sha256', 'maplesyrup', hex('01')), at, hidden)).not.toEqual(text);
});
