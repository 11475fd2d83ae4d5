// The pages of a party's people: lists of scans, a box, a scan closely; without a script, with one, and by keyboard alone.
import { readFileSync } from 'node:fs';
import { OWN, accessible, check, demo, fill, must, shared, shot, totp, violations, visitor } from './stage.mjs';

async function enter(options) {
  const page = await visitor(options);
  await page.goto('/giris');
  // A code is good once, and the next one half a minute before its time.
  while (shared.step > Date.now() / 30000) await page.waitForTimeout(500);
  shared.step = Math.max(shared.step + 1, Math.floor(Date.now() / 30000));
  await fill(page, { kullanici: demo.party.web.user, parola: OWN, kod: totp(shared.secret, shared.step * 30000) });
  await page.click('main button[type=submit]');
  await page.waitForURL('**/anasayfa');
  return page;
}
const box = (page) => page.goto('/sandik?karekod=1099000001');
const plain = await enter({});

await check('a party begins at a page that says when the last scan came', async () => {
  must((await plain.textContent('main')).includes('son kayıt'), 'last');
  await shot(plain, 'anasayfa');
  await accessible(plain, 'anasayfa');
});
await check('the notice is read once before scans are shown', async () => {
  await plain.click('nav >> text=Tutanaklar');
  must(new URL(plain.url()).pathname === '/uyari', plain.url());
  await shot(plain, 'uyari');
  await accessible(plain, 'uyari');
  await plain.click('text=Okudum, kabul ediyorum');
  must(new URL(plain.url()).pathname === '/tutanaklar', plain.url());
});
await check('without a script the list is filtered, searched, and every preview is there', async () => {
  await plain.click('nav >> text=Tutanaklar');
  const previews = await plain.locator('.scans img').count();
  must(previews > 3, `${previews} previews`);
  await shot(plain, 'tutanaklar');
  await accessible(plain, 'tutanaklar');
  await plain.selectOption('#tur', '8');
  await plain.click('form.filter >> text=Göster');
  must(plain.url().includes('tur=8') && await plain.locator('.scans li').count() < previews, plain.url());
  await plain.fill('#ara', 'ist');
  await plain.click('form[role=search] button');
  must(await plain.locator('.found a').count() > 0, 'found');
  await plain.click('nav.tabs >> text=Gümrükler');
  must((await plain.textContent('.scans')).includes('Sandık'), 'customs');
});
await check('without a script results are read from the sums of the country down to a box', async () => {
  await plain.click('nav >> text=Sonuçlar');
  const opened = async () => (await plain.textContent('.counts li')).replace(/\s+/g, ' ').trim();
  must(/^Açılan \/ toplam sandık [1-9]/.test(await opened()), await opened());
  must(await plain.locator('table.sums .bar rect').count() > 3, 'bars');
  await shot(plain, 'sonuclar');
  await accessible(plain, 'sonuclar');
  const country = await opened();
  await plain.click('[aria-label="Alt birimlerin toplamları"] tbody a');
  must(new URL(plain.url()).searchParams.has('il') && await opened() !== country, plain.url());
  await plain.selectOption('#tur', '8');
  await plain.click('form.filter >> text=Göster');
  must((await plain.textContent('table.sums')).includes('hesaplanan'), 'shares of joint votes');
  await shot(plain, 'sonuclar-il');
  await accessible(plain, 'sonuclar-il');
  await plain.click('[aria-label="Sandıkların sonuçları"] tbody a');
  must(plain.url().includes('/sandik/') && await plain.locator('table.figures').count() > 0, plain.url());
  await shot(plain, 'sandik-sonuc');
  await accessible(plain, 'sandik-sonuc');
});
await check('a page of previews is small', async () => {
  const page = await plain.context().newPage();
  const bodies = [];
  page.on('response', (answer) => { if (answer.url().includes('/goruntu/')) bodies.push(answer.body()); });
  await page.goto('/tutanaklar?surumler=tum', { waitUntil: 'networkidle' });
  const sizes = (await Promise.all(bodies)).map((body) => body.length);
  const bytes = sizes.reduce((sum, size) => sum + size, 0), pictures = sizes.length;
  must(pictures > 3 && bytes / pictures < 400_000 / 48, `${pictures} pictures, ${bytes} bytes`);
  console.log(`      ${pictures} previews, ${Math.round(bytes / pictures)} bytes each`);
  await page.close();
});
await check('without a script a box shows its sheets, and its files are saved byte for byte', async () => {
  await box(plain);
  must(/\/sandik\/\d\d\/[a-z0-9-]+\/\d+$/.test(new URL(plain.url()).pathname), plain.url());
  await shot(plain, 'sandik');
  await accessible(plain, 'sandik');
  const digest = (await plain.textContent('code.digest')).trim();
  const [saved] = await Promise.all([plain.waitForEvent('download'), plain.click('text=Asıl PNG dosyasını kaydet')]);
  const { createHash } = await import('node:crypto');
  must(createHash('sha256').update(readFileSync(await saved.path())).digest('hex') === digest, 'the digest that the page tells');
  const [proof] = await Promise.all([plain.waitForEvent('download'), plain.click('text=Kayıt kanıtını kaydet')]);
  must(proof.suggestedFilename().endsWith('.tlog-proof'), proof.suggestedFilename());
  await plain.click('text=Yakından bak');
  must(await plain.locator('#gorunum img').isVisible(), 'a picture without a script');
  await shot(plain, 'tutanak');
  await accessible(plain, 'tutanak');
});
await check('a box can be printed: its identity, its address and its digest are on paper', async () => {
  await box(plain);
  await plain.emulateMedia({ media: 'print' });
  must(await plain.locator('.paper').isVisible() && await plain.locator('code.digest').first().isVisible(), 'on paper');
  must(!await plain.locator('header nav').isVisible(), 'no navigation on paper');
  await plain.emulateMedia({ media: null });
});
await check('pages hold on a telephone, and at twice the size', async () => {
  for (const path of ['/sonuclar', '/tutanaklar', '/sandik?karekod=1099000001', '/sandik', '/anasayfa']) {
    for (const width of [360, 960, 1920]) {
      await plain.setViewportSize({ width, height: 800 });
      await plain.goto(path);
      const wide = await plain.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth);
      must(wide <= 0, `${path} at ${width}: ${wide} pixels too wide`);
    }
  }
  await plain.setViewportSize({ width: 1280, height: 720 });
});
export const live = await enter({ javaScriptEnabled: true });
await check('keys lead to the next box and back, and can be switched off', async () => {
  await box(live);
  if (new URL(live.url()).pathname === '/uyari') {
    await live.click('text=Okudum, kabul ediyorum');
    await live.waitForURL('**/sandik/**');
  }
  // The script makes this button when it is ready for keys.
  await live.getByRole('button', { name: 'Tuşlar (?)' }).waitFor();
  const first = live.url();
  await live.keyboard.press('?');
  must(await live.locator('#tuslar').isVisible(), 'the list of keys');
  await live.keyboard.press('j');
  await live.waitForURL((url) => url.href !== first);
  await live.keyboard.press('k');
  await live.waitForURL(first);
  const [saved] = await Promise.all([live.waitForEvent('download'), live.keyboard.press('d')]);
  must(saved.suggestedFilename().endsWith('.png'), saved.suggestedFilename());
  await live.keyboard.press('?');
  await live.uncheck('#tuslar-acik');
  await live.keyboard.press('j');
  await live.waitForTimeout(500);
  must(live.url() === first, 'no key works');
  await live.reload();
  await live.keyboard.press('?');
  must(!await live.locator('#tuslar').isVisible(), 'it stays switched off');
  await live.click('text=Tuşlar (?)');
  await live.check('#tuslar-acik');
});
await check('a digest is copied by a button, which says so', async () => {
  await live.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await live.click('text=Özeti kopyala');
  await live.locator('[data-copy] ~ [role=status]', { hasText: 'Kopyalandı' }).first().waitFor();
  const copied = await live.evaluate(() => navigator.clipboard.readText());
  must(/^[0-9a-f]{64}$/.test(copied), copied);
});
await check('the viewer shows a scan closely, by its buttons and by keyboard, under the strict policy', async () => {
  const tiles = [];
  live.on('response', (answer) => { if (/\/goruntu\/.*\.jpg$/.test(answer.url())) tiles.push(answer.status()); });
  await live.keyboard.press('z');
  await live.waitForURL('**/tutanak/*');
  await live.waitForSelector('#gorunum canvas');
  await live.waitForLoadState('networkidle');
  const before = tiles.length;
  must(before > 0 && tiles.every((status) => status === 200), `tiles: ${tiles}`);
  await live.click('text=Yakınlaştır');
  await live.click('text=Yakınlaştır');
  for (let wait = 0; wait < 50 && tiles.length <= before; wait += 1) await live.waitForTimeout(200);
  must(tiles.length > before, 'closer tiles');
  const took = await live.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.jpg'))
    .map(({ duration }) => Math.round(duration)).sort((a, b) => a - b));
  console.log(`      ${took.length} tiles, ${took[0]} to ${took.at(-1)} ms, half of them in ${took[took.length >> 1]} ms`);
  await live.focus('.toolbar button');
  await live.keyboard.press('Tab');
  must(await live.evaluate(() => document.activeElement.textContent) === 'Uzaklaştır', 'reached by keyboard');
  await live.click('text=Sağa döndür');
  await shot(live, 'tutanak-yakindan');
  await accessible(live, 'tutanak-yakindan');
});
await check('a session that ended is told in the viewer', async () => {
  const other = live.context();
  const cookies = await other.cookies();
  await other.clearCookies();
  await live.evaluate(() => fetch(document.getElementById('gorunum').dataset.info, { redirect: 'manual' }));
  await live.reload();
  must(live.url().endsWith('/giris'), live.url());
  await other.addCookies(cookies);
});
await check('no page of a party broke its content security policy', async () => must(violations.length === 0, violations.join('; ')));
