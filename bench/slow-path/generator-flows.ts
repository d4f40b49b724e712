// Flows by number: the number is the lower three bytes of the source's address.

/** So many are known from the beginning: the last ones. */
export const KNOWN_FLOWS = 1024;
export const FIRST_KNOWN = 2 ** 24 - KNOWN_FLOWS;
