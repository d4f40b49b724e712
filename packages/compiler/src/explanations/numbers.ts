// 2xxx: values, exact integers, loops.

import type { NUMBERS } from '../frontend/diagnostics/numbers.ts';
import { type Explanation, inFastPath } from './explanation.ts';

export const OF_NUMBERS: Readonly<Record<keyof typeof NUMBERS, Explanation>> = {
  TP2001: {
    reason:
      'Numbers are exact, as in mathematics: no result wraps. A 64-bit register holds ±2⁶³, so that what may be larger must be narrowed first.',
    example: inFastPath('drop, next', 'return packet.now * 1000 > 1 ? drop : next;'),
  },
  TP2002: {
    reason:
      'A quotient is a fraction in JavaScript. Which of the two integers beside it is meant, only the author knows.',
    example: inFastPath('drop, next', 'return packet.length / 2 > 750 ? drop : next;'),
  },
  TP2003: {
    reason: 'A division by 0 gives 0 in the kernel and Infinity or NaN in JavaScript; no integer would be right.',
    example: inFastPath(
      'drop, next',
      'const udp = packet.ip()?.udp();\nif (!udp) return next;\nreturn packet.length % udp.sport === 1 ? drop : next;',
    ),
  },
  TP2004: {
    reason:
      'JavaScript works on 32 bits with sign here: with bit 31 set the result would be another number than the bits say.',
    example: inFastPath('drop, next, randomU32', 'return (randomU32() | 1) === 1 ? drop : next;'),
  },
  TP2005: {
    reason: 'JavaScript takes the distance modulo 32, the machine modulo 64.',
    example: inFastPath('drop, next', 'return 1 << packet.length % 64 === 2 ? drop : next;'),
  },
  TP2006: {
    reason: 'Programs in the kernel have no floating point.',
    example: inFastPath('drop, next', 'return packet.length * 0.5 > 750 ? drop : next;'),
  },
  TP2007: {
    reason: 'What JavaScript would convert silently is not a number here.',
    example: inFastPath(
      'drop, next',
      'const tcp = packet.ip()?.tcp();\nif (!tcp) return next;\nreturn tcp.syn + tcp.fin === 2 ? drop : next;',
    ),
  },
  TP2008: {
    reason: 'A text may be empty and a protocol may be number 0: which of them count as false would be a guess.',
    example: inFastPath(
      'drop, next',
      'const ip = packet.ip();\nif (!ip) return next;\nreturn ip.protocol ? drop : next;',
    ),
  },
  TP2009: {
    reason: 'JavaScript would compare the letters: by them 9.0.0.0 is above 10.0.0.0.',
    example: inFastPath(
      'drop, next',
      "const ip = packet.ip();\nif (!ip) return next;\nreturn ip.src < '10.0.0.0' ? drop : next;",
    ),
  },
  TP2020: {
    reason:
      'The kernel must know that the program ends. The bound that the compiler has proven is the one that the verifier finds.',
    example: inFastPath(
      'next',
      'let left = packet.length;\nwhile (left !== 0) left = left === 7 ? 8 : 7;\nreturn next;',
    ),
  },
  TP2021: {
    reason: 'Each round makes the number larger, and no number of rounds is known that keeps it within ±2⁶³.',
    example: inFastPath(
      'drop, next',
      'let sum = 1;\nfor (let i = 0; i < 90; i++) sum = sum * 2;\nreturn sum > 9 ? drop : next;',
    ),
  },
  TP2022: {
    reason: 'The verifier follows a program for a million instructions; a loop of so many rounds is beyond.',
    example: inFastPath(
      'drop, next',
      'let sum = 0;\nfor (let i = 0; i < 2_000_000; i++) sum = i;\nreturn sum > 9 ? drop : next;',
    ),
  },
  TP2023: {
    reason:
      'The body is written out once for each element, so that they must be known, and few. Tables cannot be walked through.',
    example: inFastPath('drop, next, table, u32', 'for (const flow of flows) if (flow) return drop;\nreturn next;', {
      before: 'const flows = table({ key: u32, value: { seen: u32 }, max: 16 });',
      members: 'tables: { flows },',
    }),
  },
  TP2024: {
    reason:
      'Behind a change of size all views are dead; those that are held across the loop would be so in its second round.',
    example: inFastPath('next', 'for (let i = 0; i < 20; i++) packet.popVlan();\nreturn next;'),
  },
};
