import type { Layer } from '@twinpath/packet';
import type { HeaderSpec } from './header.ts';
import { writeHeader } from './header-bytes.ts';

/** The layer that a call of a header makes. @throws EncodeError, when it is built, for a value that does not fit. */
export function layerOf({ format, defaults }: HeaderSpec, given: object): Layer {
  const values = { ...defaults, ...given };
  return {
    encode(behind) {
      const bytes = new Uint8Array(format.size + behind.length);
      bytes.set(behind, format.size);
      writeHeader(format, { ...values, ...lengths(format, behind.length) }, bytes);
      return bytes;
    },
  };
}

function lengths({ fields }: HeaderSpec['format'], behind: number): Record<string, number> {
  const names = fields.filter(({ type }) => type.kind === 'bytesAfter').map(({ name }) => [name, behind] as const);
  return Object.fromEntries(names);
}
