// Every visit, one after the other.
import { finish } from './stage.mjs';

await import('./site.mjs');
await import('./party.mjs');
await import('./iiif.mjs');
await import('./board.mjs');
await finish();
