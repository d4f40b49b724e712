export { describe } from './description.ts';
