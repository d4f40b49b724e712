export { FAMILIES, type FamilyName, sampleName } from './families.ts';
