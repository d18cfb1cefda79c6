/** Writes the contract, `schema/schema.graphql`, from the code. `npm run generate` runs it. */
import { writeFileSync } from 'node:fs';
import { printedSchema } from './index.ts';

writeFileSync(new URL('./schema.graphql', import.meta.url), printedSchema);
