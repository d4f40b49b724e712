import { z } from 'zod';
import { ChainFile } from '../chain-file.ts';
import { name } from './names.ts';

/** All that is wanted: chains by name. */
export const document = z.strictObject({ chains: z.record(name('chain'), ChainFile) });
export type Document = z.infer<typeof document>;

/** RFC 7396: an object whose members replace those of the same name, or with `null` remove them. */
export const patch = z.record(z.string(), z.unknown());
