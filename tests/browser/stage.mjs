// What every visit needs: a browser, sentences that hold or not, and axe-core as the judge of pages.
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

export const demo = JSON.parse(readFileSync(process.env.DEMO));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const path = execFileSync('sh', ['-c', 'command -v "$CHROMIUM"']).toString().trim();
// What one visit leaves for the next.
export const shared = {};
export const OWN = 'yedi uyurlar mağarada';
let passed = 0, failed = 0;

export async function check(sentence, work) {
  try {
    await work();
    passed += 1;
    console.log(`pass  browser: ${sentence}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  browser: ${sentence}\n      ${String(error.stack ?? error).split('\n').slice(0, 6).join('\n      ')}`);
  }
}
export function must(holds, what) {
  if (!holds) throw new Error(what);
}

// The certificate is the demo's own: tests of TLS are elsewhere.
const browser = await chromium.launch({ executablePath: path, args: ['--no-sandbox'] });
export const violations = [];
export async function visitor(options = {}) {
  const context = await browser.newContext({
    baseURL: demo.https, ignoreHTTPSErrors: true, javaScriptEnabled: false, locale: 'tr-TR', timezoneId: 'Europe/Istanbul', ...options,
  });
  const page = await context.newPage();
  page.on('console', (message) => { if (/Content Security Policy/.test(message.text())) violations.push(message.text()); });
  page.on('pageerror', (error) => violations.push(String(error)));
  return page;
}
export async function shot(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true });
}
// axe is a script, so it judges a copy: the same markup at the same origin, where the style sheet loads.
export async function accessible(page, name) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true });
  const copy = await context.newPage();
  await copy.setViewportSize(page.viewportSize());
  await copy.goto(`${demo.https}/giris`);
  // Scripts of the page have done their work; a second run of them would change what is judged.
  const markup = (await page.content()).replaceAll(/<script[^>]*><\/script>/g, '');
  await copy.setContent(markup, { waitUntil: 'networkidle' });
  await copy.evaluate(axe);
  const { violations: found } = await copy.evaluate(() => axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  await context.close();
  must(found.length === 0, `${name}: ${found.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(' ')}`).join('; ')}`);
}
export async function fill(page, values) {
  for (const [name, value] of Object.entries(values)) await page.fill(`[name=${name}]`, value);
}
export function totp(secret, at = Date.now()) {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  return String((hash.readUInt32BE(hash[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0');
}

export async function finish() {
  await browser.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
