export { featureNames, probe, requireFeature } from './features/probe.ts';
export { type Feature, type FeatureName, features } from './features/table.ts';
export { UnsupportedFeatureError } from './features/unsupported.ts';
export type { Attachment } from './links/attachment.ts';
export {
  attachClsact,
  type ClsactAttachment,
  ClsactFilter,
  type ClsactPlace,
  findClsactPlace,
  removeFilter,
} from './links/clsact.ts';
export { BpfLink, type Direction, type LinkInfo, listBpfLinks } from './links/link.ts';
export { attachTcx, queryTcx, type TcxAnchor, type TcxAttachment, type TcxEntry } from './links/tcx.ts';
export { attachXdp, type XdpAttachment, XdpLink, type XdpMode } from './links/xdp.ts';
export type { MapBtf, MapCreation } from './maps/create.ts';
export { createMaps } from './maps/create-maps.ts';
export type { UpdateFlag } from './maps/element.ts';
export type { MapInfo } from './maps/info.ts';
export { BpfMap, mapIds } from './maps/map.ts';
export { setCpu, setDevice, setInnerMap, setSocket, setTailCall } from './maps/references.ts';
export type { Entry } from './maps/walk.ts';
export {
  parseSkbContext,
  type SkbContext,
  skbContext,
  type XdpContext,
  xdpContext,
} from './programs/context.ts';
export { assembleProgram } from './programs/from-assembly.ts';
export type { ProgramInfo } from './programs/info.ts';
export { loadBtf } from './programs/kernel-btf.ts';
export { LiveFrames } from './programs/live-frames.ts';
export type { ProgramLoading } from './programs/load.ts';
export { BpfProgram, enableRuntimeStats, programIds } from './programs/program.ts';
export { type SkbChecksumState, skbChecksumState } from './programs/skb-checksum-state.ts';
export type { TestRun, TestRunResult } from './programs/test-run.ts';
export { traceVerifier } from './programs/trace.ts';
export { VerifierError } from './programs/verifier-error.ts';
export type { VerifierStatistics } from './programs/verifier-log.ts';
export { type RecordHandler, RingBuffer } from './ring-buffer.ts';
export type * from './spec.ts';
