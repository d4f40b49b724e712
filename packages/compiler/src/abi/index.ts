// What programs and runtime agree on besides the plan.
export { type Continuation, chainMap, FLOW_CACHE, MAX_TAIL_CALLS, PATH, WAY_COUNTS, WAYS } from './chain.ts';
export {
  classifierMap,
  classifierMaps,
  classifierMax,
  classifierShape,
  hitsMap,
  RULE_FIELD_BYTES,
  ruleRecordSize,
  ruleRecordsOffset,
  ruleValueOffset,
} from './classifier.ts';
export { CPUS } from './cpus.ts';
export { EVENT, eventPrefix, MAX_CAPTURE, ORIGINS } from './event.ts';
export {
  canHaveFront,
  FRONT,
  FRONT_CONTROL,
  FRONT_ENTRIES,
  FRONT_FOLD,
  FRONT_SAMPLES,
  FRONT_SLOT_BITS,
  type FrontShape,
  frontMap,
  frontShape,
  mapBehind,
} from './front.ts';
export { FLOW_LINE, flowCacheMap, fusedMapName, waysMap } from './fused.ts';
export { generationIndex } from './generations.ts';
export { HOPS } from './hops.ts';
export { LISTENERS } from './listeners.ts';
export { markWord, PASS, RESUME } from './mark.ts';
export { LINK, LINKS, PORTS, portMaps } from './ports.ts';
export { SOCKET_FRAME, SOCKET_QUEUES, SOCKETS, socketIndex } from './sockets.ts';
export { ABSENT, CAPTURE, COUNTED, COUNTERS, EVENTS, LIMITS, SCRATCH, STATE } from './state.ts';
export { TRIPS, TRIPS_MAP } from './trips.ts';
