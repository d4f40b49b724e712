// 4xxx: tables and counters. 5xxx: verdicts, reasons and hooks.

import type { DiagnosticTexts } from './text.ts';

export const TABLES = {
  TP4001: {
    severity: 'error',
    message: "the key of '{0}' has no address whose family is known here",
    hint: 'take it from packet.ip(), or test it with isIp4 or isIp6 before',
  },
  TP4002: {
    severity: 'error',
    message: "the addresses in the key of '{0}' are of different families",
    hint: 'all addresses of one key are of one family',
  },
  TP4003: {
    severity: 'error',
    message: "an entry of '{1}' has no field '{0}' that can be used so",
    hint: 'it has {2}',
  },
  TP4004: {
    severity: 'error',
    message: "this entry of '{0}' is read only",
    hint: 'peek and first give entries to read; lookup gives one to write',
  },
  TP4005: {
    severity: 'error',
    message: "'{0}' is no method of an entry of '{1}'",
    hint: 'a traffic field has count(packet)',
  },
  TP4006: { severity: 'error', message: '{0} is missing', hint: 'see the declaration of the method' },
  TP4007: {
    severity: 'error',
    message: "'{0}' belongs to a rule set: the fast path only reads it",
    hint: 'the slow path changes it, with replace; keep what packets change in a table of its own',
  },
  TP4008: { severity: 'error', message: "a {1} has no method '{0}'", hint: 'it has {2}' },
  TP4010: {
    severity: 'error',
    message: "entries of '{0}' cannot be locked",
    hint: 'the kernel has no locks in tables that evict, and per-CPU entries need none',
  },
  TP4011: {
    severity: 'error',
    message: "this entry of '{0}' may be gone: something was removed from the table since it was found",
    hint: 'read what is needed before remove, or look the entry up again',
  },
  TP4012: {
    severity: 'error',
    message: "'{0}' asks the kernel, which nothing may do while a lock is held",
    hint: 'do it before the block with `using`, or behind it',
  },
  TP4009: { severity: 'error', message: "there is no counter '{0}'", hint: 'declared are {1}' },
} as const satisfies DiagnosticTexts;

export const VERDICTS = {
  TP5001: {
    severity: 'error',
    message: 'the fast path returns a verdict, not {0}',
    hint: "return drop, next, stack, bounce, forward(…), or slowPath(…) of '@twinpath/vnf'",
  },
  TP5002: {
    severity: 'error',
    message: "the verdict '{0}' cannot be given on {1}",
    hint: '{2}',
  },
  TP5003: {
    severity: 'error',
    message: "'{0}' is no {1}",
    hint: 'declare it with {1}({ … }) and name it in reasons',
  },
  TP5005: {
    severity: 'error',
    message: "on {0} '{1}' headers cannot be written: where the kernel keeps the state of their checksum is not known",
    hint: 'give the target checksumState: skbChecksumState(), on a kernel with BTF',
  },
  TP5006: {
    severity: 'error',
    message: "'{0}' cannot be done on {1}",
    hint: '{2}',
  },
  TP5004: {
    severity: 'error',
    message: "the metadata of '{0}' take {1} bytes, more than {2}",
    hint: 'the packet itself goes up too: leave out what the slow path can read from it',
  },
} as const satisfies DiagnosticTexts;
