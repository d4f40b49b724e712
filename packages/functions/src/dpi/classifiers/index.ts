import type { Classifier } from './classifier.ts';
import { dns, dnsOverTcp } from './dns.ts';
import { http } from './http.ts';
import { quic } from './quic.ts';
import { ssh } from './ssh.ts';
import { tls } from './tls.ts';

export type { Classifier, Finding, Said, Talk } from './classifier.ts';

/** In the order in which they are asked. */
export const builtIn: readonly Classifier[] = [tls, quic, http, dns, dnsOverTcp, ssh];
