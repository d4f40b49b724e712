/** Senders that the firewall refuses, before the rule that lets all others through. The network's client has the first address, too. */
export const refused = Array.from({ length: 999 }, (_, index) => `198.18.${(index + 1) >> 8}.${(index + 1) & 255}`);
