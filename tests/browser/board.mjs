// The page of a board's people: without a script, with one, by keyboard alone, and by two people where it takes two.
import { readFileSync, readdirSync } from 'node:fs';
import { OWN, accessible, check, demo, fill, must, shot, violations, visitor } from './stage.mjs';

const scans = readdirSync(process.env.SCANS).filter((name) => name.endsWith('.png')).sort().map((name) => ({
  name, path: `${process.env.SCANS}/${name}`, buffer: readFileSync(`${process.env.SCANS}/${name}`),
}));
const parked = (name) => ({ name: `${name}.png`, buffer: readFileSync(`${process.env.PARKED}/${name}.png`) });
const png = ({ name, buffer }) => ({ name, mimeType: 'image/png', buffer });

async function enter(options, clerk, password) {
  const page = await visitor(options);
  await page.goto('/giris');
  await fill(page, { kullanici: clerk.user, parola: password });
  await page.click('main button[type=submit]');
  return page;
}
const [first, second] = demo.board.clerks;
const one = await enter({}, first, first.password);
const two = await enter({}, second, second.password);

await check('people of a board replace their first passwords and begin at their page', async () => {
  for (const [page, clerk] of [[one, first], [two, second]]) {
    await fill(page, { simdiki: clerk.password, yeni: OWN, yeniden: OWN });
    await page.click('main button[type=submit]');
    await page.waitForURL('**/kurul');
  }
  must(await one.locator('nav a', { hasText: 'Eksikler' }).isVisible(), 'nav');
  for (const words of ['Sunucu saati', 'Partilerin erişimi', 'Yayın yasağı', 'beklenen tutanak']) {
    must((await one.textContent('main')).includes(words), words);
  }
  await shot(one, 'kurul');
  await accessible(one, 'kurul');
});
await check('without a script a plain form sends files and tells what became of each', async () => {
  await one.setInputFiles('#dosya', [png(scans[0]), { ...png(scans[1]), buffer: scans[1].buffer.subarray(0, 5000) }]);
  await one.click('#gonder button');
  await one.waitForURL('**/kurul/gonder');
  const rows = await one.locator('tbody tr').allTextContents();
  must(rows.length === 2 && rows[0].includes('Bağlandı: Sandık') && rows[1].includes('PNG yarım'), rows.join('|'));
  await shot(one, 'kurul-sonuc');
  await accessible(one, 'kurul-sonuc');
  const [receipt] = await Promise.all([one.waitForEvent('download'), one.click('tbody a >> text=JSON')]);
  must(JSON.parse(readFileSync(await receipt.path(), 'utf8')).signature.length === 88, 'a signed receipt');
  const [sheet] = await Promise.all([one.waitForEvent('download'), one.click('text=Makbuzları PDF olarak kaydet')]);
  must(readFileSync(await sheet.path()).subarray(0, 5).toString() === '%PDF-', 'a sheet');
});
await check('five files are dropped: each tells the truth of the service, and the counters follow', async () => {
  const page = await enter({ javaScriptEnabled: true }, first, OWN);
  await page.waitForURL('**/kurul');
  // What was counted a moment ago is told again for some seconds: the scan of the form above may not be in it yet.
  await page.waitForTimeout(5000);
  await page.reload();
  const before = Number(await page.textContent('[data-sayi=received]'));
  const dropped = [scans[1], scans[2], { ...scans[3], name: 'yarım.png', buffer: scans[3].buffer.subarray(0, 9000) },
    parked('unknown-code'), parked('no-code')];
  const transfer = await page.evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of files) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type: 'image/png' }));
    }
    return transfer;
  }, dropped.map(({ name, buffer }) => ({ name, base64: buffer.toString('base64') })));
  await page.dispatchEvent('#gonder', 'drop', { dataTransfer: transfer });
  await page.waitForFunction(() => document.getElementById('ozet').textContent.includes('Hepsi bitti'));
  const state = async (name) => {
    const row = page.locator('#satirlar tr', { has: page.locator('th', { hasText: name }) });
    return `${await row.getAttribute('class')} ${await row.textContent()}`;
  };
  for (const [name, words] of [
    [scans[1].name, /^linked .*Bağlandı: Sandık/], [scans[2].name, /^linked .*Bağlandı: Sandık/],
    ['yarım.png', /^refused .*Alınmadı: PNG yarım/], ['unknown-code.png', /^parked .*kayıtlarda yok/],
    ['no-code.png', /^parked .*karekod okunamadı/],
  ]) {
    must(words.test(await state(name)), `${name}: ${await state(name)}`);
  }
  must((await page.textContent('#ozet')).includes('2 bağlandı, 2 bağlanamadan saklandı, 1 alınmadı'), await page.textContent('#ozet'));
  for (let tries = 0; tries < 50 && Number(await page.textContent('[data-sayi=received]')) < before + 2; tries += 1) {
    await page.waitForTimeout(1000);
  }
  must(Number(await page.textContent('[data-sayi=received]')) === before + 2, 'received');
  const [sheets] = await Promise.all([page.waitForEvent('download'), page.click('text=İmzalı makbuzları kaydet')]);
  must(readFileSync(await sheets.path(), 'utf8').trim().split('\n').length === 4, 'four receipts');
  await shot(page, 'kurul-birakilan');
  await accessible(page, 'kurul-birakilan');
  await page.setViewportSize({ width: 320, height: 700 });
  await shot(page, 'kurul-dar');
  // The session ends in the middle: the queue waits, and goes on after a new login.
  await page.context().clearCookies();
  await page.setInputFiles('#dosya', [png(scans[4])]);
  await page.click('#gonder button');
  await page.waitForSelector('#surdur', { state: 'visible' });
  const tab = await page.context().newPage();
  await tab.goto('/giris');
  await fill(tab, { kullanici: first.user, parola: OWN });
  await tab.click('main button[type=submit]');
  await tab.waitForURL('**/kurul');
  await page.click('#surdur');
  await page.waitForFunction(() => document.getElementById('ozet').textContent.startsWith('3 bağlandı'));
  await page.context().close();
});
await check('while the service has no room the page tells the place in the queue', async () => {
  const page = await enter({ javaScriptEnabled: true }, first, OWN);
  await page.waitForURL('**/kurul');
  must(await page.isHidden('#sira'), 'nothing waits yet');
  let letGo;
  const held = new Promise((done) => { letGo = done; });
  const tr = 'Gönderiminiz sırada: 12. sıradasınız, önünüzde 11 kurul var.';
  await page.route('**/v1/kurul/taramalar/*', async (route) => { await held; await route.continue(); });
  await page.route('**/v1/kurul/sira', (route) => route.fulfill({ json: { place: 12, of: 40, tr } }));
  await page.setInputFiles('#dosya', [png(scans[5])]);
  await page.click('#gonder button');
  await page.waitForSelector('#sira', { state: 'visible' });
  must((await page.textContent('#sira')) === tr, await page.textContent('#sira'));
  await shot(page, 'kurul-sirada');
  await accessible(page, 'kurul-sirada');
  letGo();
  await page.waitForFunction(() => document.getElementById('ozet').textContent.includes('Hepsi bitti'));
  must(await page.isHidden('#sira'), 'the place is told no more');
  await page.context().close();
});
await check('Eksikler: filtered by keyboard alone, and on paper', async () => {
  await one.goto('/kurul/eksikler');
  await accessible(one, 'eksikler');
  const all = await one.locator('tbody tr').count();
  await one.focus('#durum');
  await one.keyboard.press('ArrowDown');
  await one.keyboard.press('Tab');
  await one.keyboard.press('Enter');
  await one.waitForURL('**durum=eksik');
  const missing = await one.locator('tbody tr').count();
  must(missing > 0 && missing < all, `${missing} of ${all}`);
  must((await one.locator('tbody tr td:last-child').allTextContents()).every((told) => told.startsWith('Eksik')), 'only what is missing');
  await one.goto('/kurul/eksikler?durum=gelen');
  must(await one.locator('tbody tr').count() >= 3, 'what was sent is there');
  await shot(one, 'eksikler');
  await one.emulateMedia({ media: 'print' });
  must(!await one.locator('form.filter').isVisible() && await one.locator('.paper').isVisible(), 'on paper');
  await shot(one, 'eksikler-kagit');
  await one.emulateMedia({ media: 'screen' });
});
let waits;
await check('Eşleşmeyenler: one person says which form a picture shows, by keyboard alone', async () => {
  await one.goto('/kurul/eslesmeyenler');
  must(await one.locator('.cards li').count() >= 2, 'two wait');
  await one.locator('.cards img').first().scrollIntoViewIfNeeded();
  await one.waitForFunction(() => document.querySelector('.cards img').naturalWidth === 160).catch(() => {});
  await shot(one, 'eslesmeyenler');
  await accessible(one, 'eslesmeyenler');
  await one.goto('/kurul/eksikler?durum=eksik');
  const sandik = (await one.locator('tbody tr td:nth-child(2)').allTextContents()).find((number) => number !== '');
  await one.goto('/kurul/eslesmeyenler');
  await one.locator('.cards li', { hasText: 'karekod okunamadı' }).locator('a').focus();
  await one.keyboard.press('Enter');
  await one.waitForURL('**/kurul/eslesmeyen/*');
  waits = new URL(one.url()).pathname;
  await one.focus('#sandik');
  await one.keyboard.type(sandik);
  await one.keyboard.press('Enter');
  await one.waitForURL('**sandik=*');
  await accessible(one, 'eslesmeyen');
  await one.locator('[name=kod]').first().focus();
  await one.keyboard.press('Space');
  await one.keyboard.press('Tab');
  await one.keyboard.type('Karekod yırtık; sandık no okunuyor');
  await shot(one, 'eslesmeyen');
  await one.keyboard.press('Enter');
  await one.waitForURL('**/kurul/eslesmeyenler?bilgi=onerildi');
  must((await one.textContent('[role=status]')).includes('ikinci bir kişi'), 'told what comes next');
  must(await one.locator('button', { hasText: 'Onayla' }).count() === 0, 'nobody agrees to an own wish');
});
await check('a second person agrees, and both can take it back again', async () => {
  await two.goto('/kurul/eslesmeyenler');
  await shot(two, 'eslesmeyenler-onay');
  await accessible(two, 'eslesmeyenler-onay');
  await two.locator('button', { hasText: 'Onayla' }).focus();
  await two.keyboard.press('Enter');
  await two.waitForURL('**bilgi=baglandi');
  must((await two.locator('table').last().textContent()).includes('Karekod yırtık'), 'it stands among what was linked by hand');
  await two.click('text=İncele, geri al');
  await accessible(two, 'elle-baglanan');
  await two.fill('#gerekce', 'Yanlış sandık seçilmiş');
  await shot(two, 'elle-baglanan');
  await two.click('text=Geri almayı öner');
  await two.waitForURL('**bilgi=onerildi');
  await one.goto('/kurul/eslesmeyenler');
  await one.click('button:has-text("Onayla")');
  await one.waitForURL('**bilgi=geri-alindi');
  await one.goto(waits);
  must(await one.locator('h2', { hasText: 'Elle bağla' }).isVisible(), 'it waits again');
});
await check('no page of a board broke its content security policy', async () => must(violations.length === 0, violations.join('; ')));
