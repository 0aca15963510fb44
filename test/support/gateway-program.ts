/** The program that tests run in processes of its own: as built by `npm test`, else the source. */
import { join } from 'node:path';

/** In the environment of the tests: where the built program lies. */
export const BUILT_PROGRAM = 'PORTCULLIS_BUILT_PROGRAM';

export const PROGRAM = process.env[BUILT_PROGRAM] ?? join(import.meta.dirname, '../../src/cli/portcullis.ts');
