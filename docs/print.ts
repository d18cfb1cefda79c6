/** Brings documents up to date with the code. `npm run generate` runs it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withGenerated } from './generated.ts';

const path = new URL('./webhooks.md', import.meta.url);
writeFileSync(path, withGenerated(readFileSync(path, 'utf8')));
