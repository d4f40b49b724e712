export {
  type Artefact,
  type ArtefactPlace,
  readArtefact,
  type Syntax,
  writeArtefact,
  writeSyntax,
} from './artefact.ts';
export { ArtefactError } from './artefact-error.ts';
