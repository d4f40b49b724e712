/** IPv6 extension headers that are walked (IANA "IPv6 Extension Header Types"); ESP is not: what follows is encrypted. */
export const extensionNumbers = {
  'hop-by-hop': 0,
  routing: 43,
  fragment: 44,
  ah: 51,
  destination: 60,
  mobility: 135,
} as const;

export type ExtensionName = keyof typeof extensionNumbers;

/** The list in RFC 8200 section 4.1 has so many, destination options twice and ESP not counted. */
export const MAX_EXTENSIONS = 6;
