export { type Artefact, type ArtefactPlace, readArtefact, writeArtefact } from './artefact.ts';
export { ArtefactError } from './artefact-error.ts';
