import { restore } from './saved.js';

restore();
