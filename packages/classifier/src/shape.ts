import { ClassifierError } from './classifier-error.ts';

/** `prefix`: an address of either family. `range16`: a port. `exact8`: an enumeration or a protocol number. */
export type FieldKind = 'prefix' | 'range16' | 'exact8';

export interface MatchField {
  readonly name: string;
  readonly kind: FieldKind;
}

/** What rules can ask about, in declared order: at most 2 prefixes, 2 ranges and 3 exact fields. */
export type ClassifierShape = readonly MatchField[];

export type Family = 4 | 6;

export const MOST_FIELDS: Readonly<Record<FieldKind, number>> = { prefix: 2, range16: 2, exact8: 3 };

/** Positions in the shape of the fields of each kind. */
export interface FieldPositions {
  readonly prefixes: readonly number[];
  readonly ranges: readonly number[];
  readonly exacts: readonly number[];
}

/** @throws ClassifierError when there are more fields of a kind than a record has room for. */
export function fieldPositions(shape: ClassifierShape): FieldPositions {
  const of = (kind: FieldKind) => {
    const positions = [...shape.keys()].filter((position) => shape[position]?.kind === kind);
    if (positions.length > MOST_FIELDS[kind]) {
      throw new ClassifierError(
        `a classifier matches at most ${MOST_FIELDS[kind]} ${kind} fields, this one has ${positions.length}: ` +
          positions.map((position) => shape[position]?.name).join(', '),
        'leave a field out, or decide it before the classifier',
      );
    }
    return positions;
  };
  return { prefixes: of('prefix'), ranges: of('range16'), exacts: of('exact8') };
}
