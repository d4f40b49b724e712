// Phantom properties: they exist for the checker only and carry what a spec looks like on either side.

/** What the fast path sees. */
export declare const fastFace: unique symbol;
/** What Node sees. */
export declare const nodeFace: unique symbol;
/** The live object that an instance has for a declared one. */
export declare const liveFace: unique symbol;
/** Keeps types apart that have nothing else to differ in. */
export declare const kind: unique symbol;
