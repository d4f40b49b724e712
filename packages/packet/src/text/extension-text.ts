import { canonicalIp, isIp6 } from '../address/ip.ts';
import {
  type AuthenticationFields,
  authenticationExtension,
  type FragmentFields,
  fragmentExtension,
  type OptionsFields,
  optionsExtension,
  type RoutingFields,
  routingExtension,
} from '../build/extension-layer.ts';
import type { Layer } from '../build/layer.ts';
import { extensionNumbers } from '../layout/extension.ts';
import type { Ip6, Protocol } from '../types/values.ts';
import { takeProtocol } from './ip-text.ts';
import { readWords, type Words } from './words.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** `ext NAME …`: the extension headers of IPv6. */
export function extensionText(words: Words): Layer {
  const { text: name } = words.take('the name of an extension header');
  switch (name) {
    case 'hop-by-hop':
    case 'destination':
    case 'mobility':
      return optionsText(words, name);
    case 'routing':
      return routingText(words);
    case 'fragment':
      return fragmentText(words);
    case 'ah':
      return authenticationText(words);
    default:
      throw words.errorBefore(
        `'${name}' is no extension header`,
        `there are: ${Object.keys(extensionNumbers).join(' ')}`,
      );
  }
}

/** Words that all of them have. */
function sizedWords(fields: { next?: Protocol | undefined; length?: number | undefined }) {
  return {
    ...nextWord(fields),
    length(words: Words) {
      fields.length = words.takeNumber('length as the field counts', 8);
    },
  };
}

function nextWord(fields: { next?: Protocol | undefined }) {
  return {
    next(words: Words) {
      fields.next = takeProtocol(words);
    },
  };
}

function optionsText(words: Words, name: 'hop-by-hop' | 'destination' | 'mobility'): Layer {
  const fields: Writable<OptionsFields> = {};
  readWords(words, `ext ${name}`, {
    ...sizedWords(fields),
    hex(rest) {
      fields.data = rest.takeHex();
    },
  });
  return optionsExtension(name, fields);
}

function routingText(words: Words): Layer {
  const fields: Writable<RoutingFields> = {};
  const via: Ip6[] = [];
  readWords(words, 'ext routing', {
    ...sizedWords(fields),
    type(rest) {
      fields.type = rest.takeNumber('routing type', 8);
    },
    left(rest) {
      fields.left = rest.takeNumber('number of segments left', 8);
    },
    via(rest) {
      via.push(takeIp6(rest));
    },
  });
  return routingExtension({ ...fields, via });
}

function fragmentText(words: Words): Layer {
  const fields: Writable<FragmentFields> = {};
  readWords(words, 'ext fragment', {
    ...nextWord(fields),
    offset(rest) {
      fields.offset = rest.takeNumber('offset in units of 8 bytes', 13);
    },
    more() {
      fields.more = true;
    },
    id(rest) {
      fields.identification = rest.takeNumber('identification', 32);
    },
  });
  return fragmentExtension(fields);
}

function authenticationText(words: Words): Layer {
  const fields: Writable<AuthenticationFields> = {};
  readWords(words, 'ext ah', {
    ...sizedWords(fields),
    spi(rest) {
      fields.spi = rest.takeNumber('security parameters index', 32);
    },
    sequence(rest) {
      fields.sequence = rest.takeNumber('sequence number', 32);
    },
    hex(rest) {
      fields.data = rest.takeHex();
    },
  });
  return authenticationExtension(fields);
}

export function takeIp6(words: Words): Ip6 {
  const address = words.takeAs('an IPv6 address', canonicalIp);
  if (isIp6(address)) return address;
  throw words.errorBefore(`'${address}' is no IPv6 address`, "write one such as 'fe80::1'");
}
