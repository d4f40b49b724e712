import type { ChecksumChoice } from '../build/chosen-checksum.ts';
import type { Words } from './words.ts';

/** What stands behind the word `checksum`. */
export function takeChecksum(words: Words): ChecksumChoice {
  const word = words.peekWord();
  if (word === 'bad' || word === 'none' || word === 'partial') {
    words.take(word);
    return word;
  }
  return words.takeNumber('checksum (a number, bad, none or partial)', 16);
}
