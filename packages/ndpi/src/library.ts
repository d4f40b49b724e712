// The second file that imports koffi; it runs in the child process only. What nDPI's structs look like is nobody's business here:
// the library itself says how large a flow is, its own functions make and read it, and all else goes by value.

import koffi, { type LibraryHandle, type TypeObject } from 'koffi';
import { NdpiMissingError } from './errors.ts';

/** nDPI's structs are another in each minor version; what is here was written for this one. */
const SUPPORTED = '4.2';
export const LIBRARY = `libndpi.so.${SUPPORTED}`;

/** An address in the library's memory. */
export type Pointer = unknown;
/** `ndpi_protocol`: two of 16 bits and an enumeration, by value. */
export interface Protocol {
  readonly master_protocol: number;
  readonly app_protocol: number;
  readonly category: number;
}

const PROTOCOL = koffi.struct('ndpi_protocol', { master_protocol: 'uint16', app_protocol: 'uint16', category: 'int' });
/** `NDPI_PROTOCOL_BITMASK` is smaller in every version; only as much of this is read as it has. */
const ALL_PROTOCOLS = new Uint8Array(4096).fill(0xff);
/** Bits of an `ndpi_risk`. */
const RISKS = 64;
/** `NDPI_PROTOCOL_NUM_CATEGORIES` is below; those without a name have none. */
const CATEGORIES = 256;

export interface NativeNdpi {
  readonly revision: string;
  readonly applications: readonly string[];
  readonly categories: readonly string[];
  readonly risks: readonly string[];
  /** A flow of which nothing is known. */
  newFlow(): Pointer;
  freeFlow(flow: Pointer): void;
  process(flow: Pointer, packet: Uint8Array, timeMs: number): Protocol;
  /** More packets could say more, though the application is known. */
  wantsMore(flow: Pointer): boolean;
  /** What can be said without any more packets, by ports and addresses if need be. */
  giveUp(flow: Pointer): Protocol;
  risksOf(flow: Pointer): bigint;
}

/** @throws NdpiMissingError that says what is missing */
export function openLibrary(name: string = LIBRARY): NativeNdpi {
  const library = load(name);
  const define = (symbol: string, result: string | TypeObject, operands: string[]) => {
    try {
      return library.func(symbol, result, operands);
    } catch (error) {
      throw new NdpiMissingError(`${name} has no ${symbol}: ${error instanceof Error ? error.message : error}`);
    }
  };
  const revision: string = define('ndpi_revision', 'string', [])();
  if (!revision.startsWith(`${SUPPORTED}.`)) {
    throw new NdpiMissingError(`${name} is version ${revision}, and not ${SUPPORTED}`);
  }
  const module: Pointer = define('ndpi_init_detection_module', 'void *', ['uint32'])(0);
  if (module === null) throw new NdpiMissingError(`${name} could not be initialised`);
  define('ndpi_set_protocol_detection_bitmask2', 'void', ['void *', 'void *'])(module, ALL_PROTOCOLS);
  define('ndpi_finalize_initialization', 'void', ['void *'])(module);

  const flowSize: number = define('ndpi_detection_get_sizeof_ndpi_flow_struct', 'uint32', [])();
  const calloc = define('ndpi_calloc', 'void *', ['ulong', 'size_t']);
  const free = define('ndpi_free_flow', 'void', ['void *']);
  const process = define('ndpi_detection_process_packet', PROTOCOL, ['void *', 'void *', 'void *', 'uint16', 'uint64']);
  const extra = define('ndpi_extra_dissection_possible', 'uint8', ['void *', 'void *']);
  const giveUp = define('ndpi_detection_giveup', PROTOCOL, ['void *', 'void *', 'uint8', 'void *']);
  const isSet = define('ndpi_isset_risk', 'int', ['void *', 'void *', 'int']);
  const applicationName = define('ndpi_get_proto_name', 'string', ['void *', 'uint16']);
  const categoryName = define('ndpi_category_get_name', 'string', ['void *', 'int']);
  const riskName = define('ndpi_risk2str', 'string', ['int']);
  const applications: number = define('ndpi_get_num_supported_protocols', 'uint32', ['void *'])(module);
  const isGuess = new Uint8Array(8);
  // One without a name is its number.
  const risks = Array.from({ length: RISKS }, (_, id): string => riskName(id)).filter(
    (text, id) => text !== String(id) || id === 0,
  );

  return {
    revision,
    applications: Array.from({ length: applications }, (_, id): string => applicationName(module, id)),
    categories: Array.from({ length: CATEGORIES }, (_, id): string => categoryName(module, id) ?? ''),
    risks,
    newFlow() {
      const flow: Pointer = calloc(1, flowSize);
      if (flow === null) throw new Error(`no memory for a flow of ${flowSize} bytes`);
      return flow;
    },
    freeFlow: (flow) => free(flow),
    process: (flow, packet, timeMs) => process(module, flow, packet, packet.length, Math.trunc(timeMs)),
    wantsMore: (flow) => extra(module, flow) !== 0,
    giveUp: (flow) => giveUp(module, flow, 1, isGuess),
    risksOf(flow) {
      let found = 0n;
      for (let risk = 1; risk < risks.length; risk++) if (isSet(module, flow, risk) !== 0) found |= 1n << BigInt(risk);
      return found;
    },
  };
}

function load(name: string): LibraryHandle {
  try {
    return koffi.load(name);
  } catch (error) {
    throw new NdpiMissingError(`${name}: ${error instanceof Error ? error.message : error}`);
  }
}
