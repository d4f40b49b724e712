// 1xxx: files, modules and what of TypeScript the fast path has.

import type { SUBSET } from '../frontend/diagnostics/subset.ts';
import { type Explanation, inFastPath } from './explanation.ts';

const MANY_WAYS = `const tcp = packet.ip()?.tcp();
if (!tcp) return next;
${['syn', 'ack', 'fin', 'rst', 'psh', 'urg'].map((flag) => `const ${flag} = tcp.${flag} ? 'set' : 'clear';`).join('\n')}
const size = packet.length > 1500 ? 'long' : 'short';
if (size === 'long') return drop;
${['syn', 'ack', 'fin', 'rst', 'psh', 'urg'].map((flag) => `if (${flag} === 'set') return drop;`).join('\n')}
return next;`;

/** As many functions, each of which calls the next. */
function nested(depth: number): string {
  const calls = Array.from({ length: depth }, (_, index) => `const f${index + 1} = (n: number) => f${index + 2}(n);`);
  const rows = Array.from({ length: Math.ceil(depth / 3) }, (_, row) => calls.slice(3 * row, 3 * row + 3).join(' '));
  return [...rows, `const f${depth + 1} = (n: number) => n;`].join('\n');
}

export const OF_SUBSET: Readonly<Record<keyof typeof SUBSET, Explanation>> = {
  TP1001: {
    reason: 'The compiler reads the same text as Node does. Behind an error of syntax nothing can be said of the rest.',
    example: {
      module:
        "import { drop, vnf } from '@twinpath/vnf';\n\nconst limit = ;\n\nexport default vnf({ name: 'example', fastPath: () => drop });\n",
    },
  },
  TP1002: {
    reason:
      'All files that a fast path may call into are read with it. Node, too, wants the extension in the name of a file.',
    example: inFastPath('drop, next', 'return packet.length > limit ? drop : next;', {
      imports: "import { limit } from './limit.ts';",
    }),
  },
  TP1003: {
    reason: 'One file is one network function, and its default export says which. Other exports are for other files.',
    example: {
      module:
        "import { drop, vnf } from '@twinpath/vnf';\n\nexport const closed = vnf({ name: 'example', fastPath: () => drop });\n",
    },
  },
  TP1004: {
    reason:
      'The compiler finds the fast path, the tables and the reasons in the text of the call: the object literal must be there, or be a constant that it can follow.',
    example: {
      module: "import { drop } from '@twinpath/vnf';\n\nexport default { name: 'example', fastPath: () => drop };\n",
    },
  },
  TP1005: {
    reason:
      'Declarations are run on Node before anything is compiled, because they are ordinary code: what they throw, and what vnf() finds wrong with them, is shown here.',
    example: inFastPath('drop', 'return drop;', { before: "throw new Error('not today');" }),
  },
  TP1006: {
    reason:
      'What is compiled is the text of a function. A function that is worked out at run time has none that could be read.',
    example: {
      module:
        "import { drop, next, vnf } from '@twinpath/vnf';\n\nconst paths = [() => drop, () => next];\n\nexport default vnf({ name: 'example', fastPath: paths[0] ?? (() => next) });\n",
    },
  },
  TP1007: {
    reason: 'The name is looked up in the text of the other file, and is not exported there.',
    example: {
      module:
        "import { vnf } from '@twinpath/vnf';\nimport { open } from './paths.ts';\n\nexport default vnf({ name: 'example', fastPath: open });\n",
      files: { 'paths.ts': "import { drop } from '@twinpath/vnf';\n\nexport const closed = () => drop;\n" },
    },
  },
  TP1011: {
    reason: 'Nobody in the kernel could catch an exception, and a packet needs a verdict whatever happens.',
    example: inFastPath('next', "if (packet.length > 1500) throw new Error('too long');\nreturn next;"),
  },
  TP1012: {
    reason:
      'Functions are compiled into their callers. One that is made inside of another holds its variables, for which there would have to be memory.',
    example: inFastPath(
      'drop, next',
      'const isLong = (length: number) => length > 1500;\nreturn isLong(packet.length) ? drop : next;',
    ),
  },
  TP1013: {
    reason: 'The program runs to its end while the network card waits. Whatever takes time belongs to the slow path.',
    example: inFastPath('drop, next', 'return isAllowed(packet.length) ? next : drop;', {
      before: 'async function isAllowed(length: number) {\n  return length < 1500;\n}',
    }),
  },
  TP1014: {
    reason: 'A generator keeps its place between two calls, which needs memory that the fast path does not have.',
    example: inFastPath('drop, next', 'return sizes() ? drop : next;', {
      before: 'function* sizes() {\n  yield 64;\n}',
    }),
  },
  TP1015: {
    reason: 'There is no heap in the kernel program: records and views are registers, and what lasts lies in tables.',
    example: inFastPath('drop, next', 'return new Set([64, 128]).has(packet.length) ? drop : next;'),
  },
  TP1016: {
    reason: 'Texts have a fixed number of bytes and no memory to grow into. Whoever reads them can format them.',
    example: inFastPath('drop, next', `return \`on \${packet.port}\` === 'on eth0' ? drop : next;`),
  },
  TP1017: {
    reason: 'What == converts depends on types that exist at run time only; === compares what is there.',
    example: inFastPath('drop, next', 'return packet.ip() == undefined ? drop : next;'),
  },
  TP1018: {
    reason:
      'The verifier wants a bound for every loop, and for it the compiler wants one form: test, then body, then step.',
    example: inFastPath('next', 'let i = 0;\ndo i++;\nwhile (i < 4);\nreturn next;'),
  },
  TP1020: {
    reason: 'A jump out of several loops is a return of a function, which says what was found as well.',
    example: inFastPath(
      'drop, next',
      'outer: for (let i = 0; i < 4; i++) {\n  if (packet.length === i) break outer;\n}\nreturn next;',
    ),
  },
  TP1021: {
    reason:
      'The fast path is a small part of TypeScript, and this is not in it: it would have no meaning in registers.',
    example: inFastPath('drop, next', "return typeof packet.ip() === 'undefined' ? drop : next;"),
  },
  TP1022: {
    reason:
      'A missing header is found by a test; that test is the bounds check that the verifier demands. A claim is no test.',
    example: inFastPath('drop, next', 'return packet.ip()!.hops < 2 ? drop : next;'),
  },
  TP1023: {
    reason:
      'A list needs memory of a size that is known at run time only. Constant lists at module level are no lists then.',
    example: inFastPath('drop, next', 'const closed = [64, 128];\nreturn closed[0] === packet.length ? drop : next;'),
  },
  TP1024: {
    reason:
      'Which fields would be left over is not written anywhere, and every field of a record is a register of its own.',
    example: inFastPath(
      'drop, next',
      'const { src, ...rest } = { src: 1, dst: 2 };\nreturn rest.dst === src ? drop : next;',
    ),
  },
  TP1025: {
    reason: 'A var is in sight before and behind its block, where on some paths it has no value.',
    example: inFastPath('drop, next', 'var limit = 1500;\nreturn packet.length > limit ? drop : next;'),
  },
  TP1026: {
    reason: 'Fields are found while compiling, by the name that stands there.',
    example: inFastPath(
      'drop, next',
      "const limits = { ['most']: 1500 };\nreturn packet.length > limits.most ? drop : next;",
    ),
  },
  TP1027: {
    reason:
      'Whether the left side is missing is decided while compiling; the plain form says what happens on each path.',
    example: inFastPath('drop, next', 'let limit = 0;\nlimit ||= 1500;\nreturn packet.length > limit ? drop : next;'),
  },
  TP1028: {
    reason:
      'An element that is chosen at run time needs memory to be chosen from: in the kernel that is an array table.',
    example: inFastPath('drop, next', 'return SIZES[packet.length % 2] === 64 ? drop : next;', {
      before: 'const SIZES = [64, 128];',
    }),
  },
  TP1040: {
    reason: 'No variable, parameter, module constant or import has this name, nor has JavaScript.',
    example: inFastPath('drop, next', 'return packet.length > limit ? drop : next;'),
  },
  TP1041: {
    reason:
      'Module constants are worked out by the compiler: literals, operators, records, lists, other constants, calls of Math and of pure functions of @twinpath/vnf. Other code runs on Node only.',
    example: inFastPath('drop, next', 'return packet.length > limit ? drop : next;', {
      before: "const limit = Number.parseInt('1500', 10);",
    }),
  },
  TP1042: {
    reason:
      'The program holds what is known when it is compiled. A variable that Node changes later would change for Node alone.',
    example: inFastPath('drop, next', 'return packet.length > limit ? drop : next;', { before: 'let limit = 1500;' }),
  },
  TP1043: {
    reason: 'The kernel program has no JavaScript around it: of what it calls, every line is compiled.',
    example: inFastPath('drop, next', 'return Date.now() > 0 ? drop : next;'),
  },
  TP1044: {
    reason: 'Each call is a copy of the function: one that calls itself would have no end.',
    example: inFastPath('drop, next', 'return half(packet.length) === 1 ? drop : next;', {
      before: 'function half(n: number): number {\n  return n < 2 ? n : half(Math.floor(n / 2));\n}',
    }),
  },
  TP1045: {
    reason: 'Each level is a copy inside of a copy. So deep a nesting is a mistake more often than a design.',
    example: inFastPath('drop, next', 'return f1(packet.length) === 1 ? drop : next;', { before: nested(33) }),
  },
  TP1046: {
    reason: 'Only functions have code; this value has none.',
    example: inFastPath('drop, next', 'const length = packet.length;\nreturn length() > 1500 ? drop : next;'),
  },
  TP1047: {
    reason: 'Before its declaration has run a name has no value, in JavaScript too.',
    example: inFastPath(
      'drop, next',
      'const twice = limit * 2;\nconst limit = 750;\nreturn packet.length > twice ? drop : next;',
    ),
  },
  TP1048: {
    reason: 'As in TypeScript.',
    example: inFastPath(
      'drop, next',
      'const limit = 1500;\nlimit = 9000;\nreturn packet.length > limit ? drop : next;',
    ),
  },
  TP1049: {
    reason:
      'A record is a tuple of values without an identity: nobody else could see the change, and two names never mean one record.',
    example: inFastPath(
      'drop, next',
      'const limits = { most: 1500 };\nlimits.most = 9000;\nreturn packet.length > limits.most ? drop : next;',
    ),
  },
  TP1050: {
    reason: 'Only variables, fields of headers and fields of table entries are places that keep what is stored.',
    example: inFastPath('next', 'SIZES[0] = packet.length;\nreturn next;', { before: 'const SIZES = [64, 128];' }),
  },
  TP1051: {
    reason:
      'Values that are known on each path and differ between them keep the paths apart, and each path is code of its own. Behind 16 paths booleans are put into registers, so that these can be joined; more than 64 are refused.',
    example: inFastPath('drop, next', MANY_WAYS),
  },
  TP1052: {
    reason: 'In a loop of the program a variable lives in registers, and those hold one kind of value.',
    example: inFastPath(
      'drop, next',
      "let last: string | number = 'none';\nfor (let i = 0; i < 20; i++) last = i;\nreturn last === 19 ? drop : next;",
    ),
  },
  TP1053: {
    reason:
      'Maps, counters and limits are made of what vnf({ … }) lists; what is declared only has none in the kernel.',
    example: inFastPath('next, table, u32', 'flows.remove(packet.length);\nreturn next;', {
      before: 'const flows = table({ key: u32, value: { seen: u32 }, max: 16 });',
    }),
  },
  TP1054: {
    reason: 'Every packet needs a verdict, and a missing one must not become a silent drop.',
    example: inFastPath('drop', 'if (packet.length > 1500) return drop;'),
  },
  TP1055: {
    reason: 'Of Math there are min, max, abs, floor, trunc, ceil, round and the constants: all others give fractions.',
    example: inFastPath('drop, next', 'return Math.sqrt(packet.length) > 9 ? drop : next;'),
  },
  TP1056: {
    reason:
      'There are packets for which the value is missing. The test that excludes them is the bounds check of the program.',
    example: inFastPath('drop, next', 'return packet.ip().hops < 2 ? drop : next;'),
  },
  TP1057: {
    reason: 'This value is one register, or a name: nothing lies inside of it.',
    example: inFastPath('drop, next', 'return packet.length.bits > 8 ? drop : next;'),
  },
  TP1058: {
    reason: 'A value that no parameter takes was meant to do something.',
    example: inFastPath('drop, next', 'return isLong(packet.length, 1500) ? drop : next;', {
      before: 'function isLong(length: number) {\n  return length > 1500;\n}',
    }),
  },
};
