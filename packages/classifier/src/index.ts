export { type BuildOptions, type BuildStatistics, type BuiltClassifier, buildClassifier } from './build.ts';
export { ClassifierError } from './classifier-error.ts';
export { MAX_RULES } from './layout.ts';
export { lookup } from './lookup.ts';
export { linearOracle } from './oracle.ts';
export type { FieldMatch, Key, PrefixMatch, RangeMatch, Rule, ValuesMatch } from './rule.ts';
export type { ClassifierShape, Family, FieldKind, MatchField } from './shape.ts';
export { SIZE_CLASSES, type SizeClass } from './size-class.ts';
