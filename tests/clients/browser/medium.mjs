// Opens a medium's pages from the disk, as whoever was handed the stick does: no server, no script, keyboard only.
//
//   node medium.mjs MEDIUM SHOTS        writes pictures of the pages to SHOTS
import { chromium } from 'playwright-core';
import { createRequire } from 'node:module';
import { readFileSync, mkdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import assert from 'node:assert/strict';

const [medium, shots] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });
const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

// Without script: what the reader has.
const quiet = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 1200, height: 900 } });
const outside = [];
const page = await quiet.newPage();
page.on('request', (request) => { if (!request.url().startsWith('file://')) outside.push(request.url()); });
const failed = [];
page.on('requestfailed', (request) => failed.push(request.url()));
await page.goto(pathToFileURL(`${medium}/INDEX.html`).href);
await page.screenshot({ path: `${shots}/1-index.png`, fullPage: true });

// By keyboard alone down to a box: Tab until a link with this text has the focus, then Enter.
async function follow(matches) {
  for (let presses = 0; presses < 200; presses++) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    if ((await focused.count()) && matches.test((await focused.textContent()) ?? '')) {
      const before = page.url();
      await page.keyboard.press('Enter');
      await page.waitForURL((url) => url.href !== before);
      return;
    }
  }
  throw new Error(`no link ${matches} was reached by keyboard on ${page.url()}`);
}
const visited = [page.url()];
await page.keyboard.press('Tab');
assert.match(await page.locator(':focus').textContent(), /İçeriğe geç/);
for (const step of [/İSTANBUL/, /Kadıköy 1/i, /MAH\./, /^Sandık \d+$/]) {
  await follow(step);
  visited.push(page.url());
  await page.screenshot({ path: `${shots}/${visited.length}-${step.source.replace(/\W+/g, '')}.png`, fullPage: true });
}
const title = await page.title();
assert.match(title, /^Sandık \d+/);
await follow(/İSTANBUL/); // and up again, by the trail
assert.equal(page.url(), visited[1]);
assert.deepEqual(outside, []);
assert.deepEqual(failed, []);

// Every picture of the visited pages is there. For this and for axe the page needs script; the pages have none.
const loud = await browser.newContext({ viewport: { width: 1200, height: 900 } });
const narrow = await browser.newContext({ viewport: { width: 360, height: 740 } });
for (const [name, context] of [['wide', loud], ['narrow', narrow]]) {
  const checked = await context.newPage();
  for (const url of visited) {
    await checked.goto(url);
    const pictures = await checked.evaluate(async () => {
      const all = [...document.images];
      all.forEach((image) => { image.loading = 'eager'; });
      await Promise.all(all.map((image) => image.decode().catch(() => {})));
      return all.map((image) => [image.getAttribute('src'), image.naturalWidth]);
    });
    for (const [src, width] of pictures) assert.ok(width > 0, `${url}: ${src} is no picture`);
    await checked.evaluate(axe);
    const { violations } = await checked.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    assert.deepEqual(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), [], `${name} ${url}`);
    const wide = await checked.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${name} ${url} is ${wide} pixels too wide`);
  }
  await checked.screenshot({ path: `${shots}/${name}-sandik.png`, fullPage: false });
}
const printed = await loud.newPage();
await printed.goto(visited.at(-1));
await printed.pdf({ path: `${shots}/sandik.pdf`, format: 'A4' });
await browser.close();
console.log(`${visited.length} pages, ${title}`);
