// 1xxx: files, modules and what of TypeScript the fast path has.

import type { DiagnosticTexts } from './text.ts';

export const SUBSET = {
  TP1001: {
    severity: 'error',
    message: '{0}',
    hint: 'the file is not TypeScript that can be parsed; correct it there',
  },
  TP1002: {
    severity: 'error',
    message: "cannot read '{0}': {1}",
    hint: 'check the path; imports of relative files end in .ts',
  },
  TP1003: {
    severity: 'error',
    message: 'the module has no default export',
    hint: 'a network function is the default export of its file: export default vnf({ … })',
  },
  TP1004: {
    severity: 'error',
    message: 'the default export is not a vnf({ … })',
    hint: 'write export default vnf({ name, fastPath, … }), with the object literal in the call',
  },
  TP1005: {
    severity: 'error',
    message: 'the module cannot be run: {0}',
    hint: 'the module is imported before its fast path is compiled; correct what it does at its top level',
  },
  TP1006: {
    severity: 'error',
    message: "'{0}' cannot be read as a fast path",
    hint: 'write fastPath as a method, as an arrow function or as the name of a function, or { ingress, egress } of these',
  },
  TP1007: {
    severity: 'error',
    message: "'{0}' exports no '{1}'",
    hint: 'correct the name in the import, or export it there',
  },
  TP1011: {
    severity: 'error',
    message: "there are no exceptions in the fast path: '{0}'",
    hint: '`undefined` is the only failure: return it, or a verdict, and test for it with if',
  },
  TP1012: {
    severity: 'error',
    message: 'a function inside of a function is not available in the fast path',
    hint: 'move it to the top level of the module and give it what it needs as parameters',
  },
  TP1013: {
    severity: 'error',
    message: "the fast path cannot wait: '{0}'",
    hint: 'hand the packet up with slowPath(reason) and wait in its handler',
  },
  TP1014: {
    severity: 'error',
    message: "generators are not available in the fast path: '{0}'",
    hint: 'write a for loop with a constant bound',
  },
  TP1015: {
    severity: 'error',
    message: "there are no objects with identity in the fast path: '{0}'",
    hint: 'use records ({ a, b }), functions, and tables for what must last',
  },
  TP1016: {
    severity: 'error',
    message: 'text cannot be worked on in the fast path: {0}',
    hint: 'strings are copied and compared with === only; format them in the slow path',
  },
  TP1017: {
    severity: 'error',
    message: "'{0}' converts its operands and is not available in the fast path",
    hint: "write '{1}'",
  },
  TP1018: {
    severity: 'error',
    message: "'{0}' loops are not available in the fast path",
    hint: 'write for (let i = 0; i < BOUND; i++) with a break where it ends early',
  },
  TP1020: {
    severity: 'error',
    message: 'labels are not available in the fast path',
    hint: 'move the inner loop into a function and return from it',
  },
  TP1021: {
    severity: 'error',
    message: "'{0}' is not available in the fast path",
    hint: 'the fast path has const, let, if, switch, for, while, return, calls, records and operators on exact integers',
  },
  TP1022: {
    severity: 'error',
    message: "'!' claims what nobody has tested",
    hint: 'test with if (!x) return …: the test is the bounds check, the empty table slot or the wrong protocol',
  },
  TP1023: {
    severity: 'error',
    message: 'there are no lists in the fast path: {0}',
    hint: 'name the values one by one, or keep them in a table',
  },
  TP1024: {
    severity: 'error',
    message: "the rest of a record cannot be taken: '...'",
    hint: 'name the fields that are needed, or use the record as a whole',
  },
  TP1025: {
    severity: 'error',
    message: "'var' and 'await using' are not available in the fast path",
    hint: 'write const or let',
  },
  TP1026: {
    severity: 'error',
    message: 'computed names, getters and setters are not available in the fast path',
    hint: 'write the name of the field: { name: value }',
  },
  TP1027: {
    severity: 'error',
    message: "'{0}' is not available in the fast path",
    hint: 'write the assignment out: x = x … value',
  },
  TP1028: {
    severity: 'error',
    message: "only constant lists have elements here; '{0}' is {1}",
    hint: 'use an array table, table.at(index), for what is found by a number',
  },
  TP1040: {
    severity: 'error',
    message: "'{0}' is not defined",
    hint: 'declare it, import it, or correct the name',
  },
  TP1041: {
    severity: 'error',
    message: "'{0}' is not known when the fast path is compiled",
    hint: 'make it a module constant, a table or a config value{1}',
  },
  TP1042: {
    severity: 'error',
    message: "'{0}' can change, and the kernel would hold a copy of its own",
    hint: 'make it a const, or keep it in a table or a config value',
  },
  TP1043: {
    severity: 'error',
    message: "'{0}' comes from '{1}', which does not exist in the fast path",
    hint: 'only @twinpath/vnf and relative files can be used there; do this in the slow path',
  },
  TP1044: {
    severity: 'error',
    message: "'{0}' calls itself: {1}",
    hint: 'functions are compiled into their callers; write a for loop with a constant bound',
  },
  TP1045: {
    severity: 'error',
    message: 'calls are nested more than {0} deep',
    hint: 'call some of the functions one after the other instead of through each other',
  },
  TP1046: {
    severity: 'error',
    message: "'{0}' cannot be called: it is {1}",
    hint: 'call functions, and methods of packets, headers, tables and counters',
  },
  TP1047: {
    severity: 'error',
    message: "'{0}' is used before its declaration has run",
    hint: 'move the declaration up',
  },
  TP1048: {
    severity: 'error',
    message: "'{0}' is a const and cannot be given another value",
    hint: 'declare it with let',
  },
  TP1049: {
    severity: 'error',
    message: "fields of a record cannot be changed: '{0}'",
    hint: 'make another record: { ...record, field: value }',
  },
  TP1050: {
    severity: 'error',
    message: "'{0}' cannot be assigned to",
    hint: 'assign to a variable, to a field of a header or to a field of a table entry',
  },
  TP1051: {
    severity: 'error',
    message: '{0} ways through the function stay apart here; what keeps them apart: {1}',
    hint: 'use these variables up earlier, or move the part that needs them into a function of its own',
  },
  TP1052: {
    severity: 'error',
    message: "'{0}' is {1} when the loop begins and {2} when it comes around",
    hint: 'give the variable one kind of value in the whole loop, or keep it inside the body',
  },
  TP1053: {
    severity: 'error',
    message: "'{0}' is a {1} that vnf({ … }) does not list",
    hint: 'list it there: tables: { {0} }, reasons: { {0} } or counters: {0}',
  },
  TP1054: {
    severity: 'error',
    message: 'the fast path can end without a verdict: {0}',
    hint: 'return drop, next, stack, bounce, forward(…), flood(…), route(packet) or slowPath(…) on every way',
  },
  TP1055: {
    severity: 'error',
    message: "'{0}' has no field '{1}'",
    hint: 'correct the name; the fields are: {2}',
  },
  TP1056: {
    severity: 'error',
    message: "'{0}' may be undefined here, and has no '{1}' then",
    hint: 'test it first: if (!{0}) return …; or write {0}?.{1}',
  },
  TP1057: {
    severity: 'error',
    message: "'{0}' is {1}; its fields cannot be taken",
    hint: 'records, configuration and the parts of tables and headers have fields',
  },
  TP1058: {
    severity: 'error',
    message: "'{0}' takes {1} operands and is given {2}",
    hint: 'give it as many as its declaration says',
  },
} as const satisfies DiagnosticTexts;
