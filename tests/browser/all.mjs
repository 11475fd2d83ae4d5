// Every visit, one after the other.
import { finish } from './stage.mjs';

await import('./site.mjs');
await import('./board.mjs');
await finish();
