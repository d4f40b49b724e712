// 2xxx: values, exact integers, loops.

import type { DiagnosticTexts } from './text.ts';

export const NUMBERS = {
  TP2001: {
    severity: 'error',
    message: "'{0}' may go beyond ±2⁶³: {1}",
    hint: 'narrow one of the operands with Math.min, %, & or a comparison',
  },
  TP2002: {
    severity: 'error',
    message: "'/' does not give an integer: '{0}'",
    hint: 'write Math.floor({0}) or Math.trunc({0})',
  },
  TP2003: {
    severity: 'error',
    message: "the divisor '{0}' may be 0: {1}",
    hint: 'if ({0} === 0) return … proves that it is not',
  },
  TP2004: {
    severity: 'error',
    message: "'{0}' works on 32 bits with sign, which '{1}' does not fit: {2}",
    hint: 'make the result unsigned, (…) >>> 0, or narrow the operand, for example with & 0x7fffffff',
  },
  TP2005: {
    severity: 'error',
    message: "the shift by '{0}' may be outside of 0…31: {1}",
    hint: 'narrow it: x & 31',
  },
  TP2006: {
    severity: 'error',
    message: '{0} is not an integer',
    hint: 'numbers of the fast path are exact integers; scale it, or round it with Math.floor',
  },
  TP2007: {
    severity: 'error',
    message: "'{0}' takes numbers; '{1}' is {2}",
    hint: 'convert it where it is declared; true and false are no numbers, u64 has === & | ^ only',
  },
  TP2008: {
    severity: 'error',
    message: "'{0}' is {1}, which is neither true nor false",
    hint: 'compare it: x === …',
  },
  TP2009: {
    severity: 'error',
    message: "'{0}' cannot be ordered: it is {1}",
    hint: 'addresses and names have === only; sameFamily, within and canonical compare addresses',
  },
  TP2020: {
    severity: 'error',
    message: 'the loop may never end',
    hint: 'count: for (let i = 0; i < BOUND; i++), where BOUND is known or was narrowed, i changes nowhere else, and break ends it early',
  },
  TP2021: {
    severity: 'error',
    message: "'{0}' grows in the loop without a bound that can be proven",
    hint: 'narrow what is assigned to it: Math.min(…, LIMIT), % or &',
  },
  TP2022: {
    severity: 'error',
    message: 'the loop may run {0} times; {1} is the limit',
    hint: 'narrow the bound with Math.min',
  },
  TP2023: {
    severity: 'error',
    message: 'for-of goes through constant lists of at most {0} elements only',
    hint: 'write for (let i = 0; i < BOUND; i++) over an array table',
  },
  TP2024: {
    severity: 'error',
    message: 'the loop resizes the packet, so that its headers are at another place each time around',
    hint: 'resize the packet once, outside of the loop',
  },
} as const satisfies DiagnosticTexts;
