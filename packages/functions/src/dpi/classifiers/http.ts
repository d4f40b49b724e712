import type { Classifier, Finding } from './classifier.ts';
import { ascii, mayStartWith, startsWith } from './reader.ts';

/** RFC 9110, and WebDAV's (RFC 4918). */
const METHODS = [
  ...['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'],
  ...['PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'REPORT', 'SEARCH', 'M-SEARCH', 'NOTIFY'],
].map((method) => `${method} `);
/** RFC 9113, section 3.4. */
const PREFACE = 'PRI * HTTP/2.0\r\n';
const MAX_HEAD = 8192;

export const http: Classifier = {
  name: 'http',
  transport: 'tcp',
  classify({ client, server }) {
    if (startsWith(client.stream, PREFACE)) return { application: 'HTTP', category: 'Web' };
    const request = requestIn(client.stream);
    if (request !== 'no') return request;
    // Only answers come by here.
    if (startsWith(server.stream, 'HTTP/1.')) return { application: 'HTTP', category: 'Web' };
    return client.stream.length === 0 && mayStartWith(server.stream, 'HTTP/1.') ? 'more' : 'no';
  },
};

function requestIn(stream: Uint8Array): Finding | 'more' | 'no' {
  if (stream.length === 0) return 'no';
  const beginnings = [...METHODS, PREFACE];
  if (!beginnings.some((text) => mayStartWith(stream, text))) return 'no';
  const text = ascii(stream);
  const [head = '', ...body] = text.split('\r\n\r\n', 2);
  const [line = '', ...fields] = head.split('\r\n');
  const isWhole = body.length > 0 || stream.length >= MAX_HEAD;
  if (fields.length > 0 && !/^[A-Z-]+ \S.* HTTP\/1\.[01]$/.test(line)) return 'no';
  if (!isWhole) return 'more';
  const host = fields
    .map((field) => /^host:\s*(\[[^\]]*\]|[^\s:]+)/i.exec(field)?.[1])
    .find((name) => name !== undefined);
  return { application: 'HTTP', category: 'Web', ...(host !== undefined && { server: host.toLowerCase() }) };
}
