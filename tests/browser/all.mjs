// Every visit, one after the other.
import { finish } from './helpers.mjs';

await import('./site.mjs');
await import('./board.mjs');
await finish();
