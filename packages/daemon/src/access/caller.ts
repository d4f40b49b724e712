import type { Scope } from '@twinpath/api';

/** How a request came. */
export type Connection =
  | { readonly kind: 'socket'; readonly uid: number; readonly gid: number }
  | {
      readonly kind: 'tcp';
      readonly address: string /** Common name of a certificate that was verified. */;
      readonly certificate?: string;
    };

/** Who asks. */
export interface Caller {
  /** For history and audit: `uid:0`, `token:deploy`, `certificate:ops`. */
  readonly by: string;
  /** `socket`, or an address. */
  readonly from: string;
  readonly scope: Scope;
  /** May bring code along: uploads, and files of this machine. */
  readonly mayBringCode: boolean;
}

const ORDER: readonly Scope[] = ['read', 'write', 'admin'];

export const allows = (given: Scope, needed: Scope): boolean => ORDER.indexOf(given) >= ORDER.indexOf(needed);
/** `undefined`: none. */
export const widest = (scopes: readonly Scope[]): Scope | undefined => ORDER.findLast((one) => scopes.includes(one));
