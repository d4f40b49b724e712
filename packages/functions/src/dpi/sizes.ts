/** Applications that have been seen, told apart by name, protocol and category; beyond that they are counted as unknown. */
export const APPLICATIONS = 1024;
/** Of each family. */
export const FLOWS = 262_144;
export const UNDECIDED_FLOWS = 65_536;
export const POLICIES = 64;
/** Flows that wait for a verdict have no application yet. */
export const UNDECIDED = 0;
/** Looked at, and nobody knows it. */
export const UNKNOWN = 1;
