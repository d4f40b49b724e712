import { AddressError } from '@twinpath/packet';
import { type $RefinementCtx, NEVER } from 'zod/v4/core';
import { VnfSpecError } from '../spec/vnf-spec-error.ts';

/** A zod transform from a function that throws: what is wrong with the value, and what would be right, becomes the issue. */
export function converted<I, O>(convert: (given: I) => O): (given: I, context: $RefinementCtx<I>) => O {
  return (given, context) => {
    try {
      return convert(given);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error), input: given });
      return NEVER;
    }
  };
}

function messageOf(error: unknown): string {
  if (error instanceof VnfSpecError) return `${error.why}; ${error.hint}`;
  if (error instanceof AddressError) return `${error.message}; ${error.hint}`;
  if (error instanceof RangeError) return error.message;
  throw error;
}

export function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? 'nothing');
}
