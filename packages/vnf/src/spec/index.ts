// What compiler, runtime and tools read of a declared function. Authors need none of it.

export { rememberLists } from '../config/remember-lists.ts';
export { parseDuration } from '../functions/duration.ts';
export { useHashSeed } from '../functions/hash.ts';
export { hashKeys } from '../functions/hash-keys.ts';
export { parseRate } from '../functions/rate.ts';
export { type HeaderSpec, MOST_HEADER_BYTES } from '../packet/header.ts';
export type { HeaderField, HeaderFormat } from '../packet/header-format.ts';
export { CopiedFrame } from '../packet/packet-view.ts';
export { isType } from '../types/type.ts';
export type * from '../types/type-spec.ts';
export { fileOf } from './file-of.ts';
export { SPEC } from './spec-key.ts';
export { isFunctionSpec, specOf } from './spec-of.ts';
export type * from './specs.ts';
