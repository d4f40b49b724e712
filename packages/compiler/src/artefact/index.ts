export {
  type Artefact,
  type ArtefactPlace,
  codeOf as readSyntax,
  readArtefact,
  type Syntax,
  writeArtefact,
  writeSyntax,
} from './artefact.ts';
export { ArtefactError } from './artefact-error.ts';
export {
  type FusedCode,
  type FuseOnceOptions,
  fuseOnce,
  type SerialisedIr,
  type SerialisedPart,
  serialiseIr,
} from './fused-cache.ts';
