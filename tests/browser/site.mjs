// The site as people meet it: with JavaScript off throughout (it needs none), by keyboard, and judged by axe-core.
import { readFileSync } from 'node:fs';
import { OWN, accessible, check, demo, fill, must, shared, shot, totp, violations, visitor } from './stage.mjs';

const party = await visitor();
await check('the login page is Turkish, has the notice, and axe finds nothing', async () => {
  await party.goto('/');
  must(new URL(party.url()).pathname === '/giris', party.url());
  must(await party.locator('html').getAttribute('lang') === 'tr', 'lang');
  must((await party.textContent('.notice')).includes('hiçbir kişi veya kuruluşa verilemez'), 'notice');
  await shot(party, 'giris');
  await accessible(party, 'giris');
});
await check('a wrong password is told in words, in an alert, and the name stays', async () => {
  await fill(party, { kullanici: demo.party.web.user, parola: 'yanlış' });
  await party.click('main button[type=submit]');
  must((await party.textContent('[role=alert]')).startsWith('Giriş yapılamadı'), 'alert');
  must(await party.inputValue('[name=kullanici]') === demo.party.web.user, 'name');
  must((await party.title()).startsWith('Hata'), 'title');
  await shot(party, 'giris-hata');
  await accessible(party, 'giris-hata');
});
await check('by keyboard alone: skip link, log in, replace the first password', async () => {
  await party.goto('/giris');
  await party.keyboard.press('Tab');
  must(await party.locator('.skip').isVisible(), 'the skip link shows when it is reached');
  await party.keyboard.press('Tab');
  await party.keyboard.type(demo.party.web.user);
  await party.keyboard.press('Tab');
  await party.keyboard.type(demo.party.web.password);
  await party.keyboard.press('Enter');
  await party.waitForURL('**/parola');
  await shot(party, 'parola-ilk');
  await accessible(party, 'parola-ilk');
  must(await party.locator('nav a').count() === 1, 'only the password page is offered');
  await party.goto('/hesap');
  must(party.url().endsWith('/parola'), 'everything else leads back');
  await fill(party, { simdiki: demo.party.web.password, yeni: 'ornek-parti-2024-parola', yeniden: 'ornek-parti-2024-parola' });
  await party.keyboard.press('Enter');
  must((await party.textContent('[role=alert]')).includes('kolay tahmin edilir'), 'a guessable one is refused');
  await shot(party, 'parola-hata');
  await accessible(party, 'parola-hata');
  await fill(party, { simdiki: demo.party.web.password, yeni: OWN, yeniden: OWN });
  await party.keyboard.press('Enter');
  await party.waitForURL('**/anasayfa');
});
await check('the account page lists the session and axe finds nothing', async () => {
  await party.goto('/hesap');
  must(await party.locator('tbody tr').count() === 1, 'one session');
  must((await party.textContent('tbody')).includes('bu oturum'), 'this one');
  await shot(party, 'hesap');
  await accessible(party, 'hesap');
});
await check('a party sees its own accesses', async () => {
  await party.click('text=Erişimlerim');
  must((await party.textContent('table')).includes('ornek-parti'), 'own rows');
  await shot(party, 'erisimler');
  await accessible(party, 'erisimler');
});
await check('the second factor can be set up, and is asked for from then on', async () => {
  await party.goto('/dogrulama');
  await shot(party, 'dogrulama');
  await accessible(party, 'dogrulama');
  const secret = (await party.textContent('code.secret')).trim();
  Object.assign(shared, { secret, step: Math.floor(Date.now() / 30000) });
  await fill(party, { simdiki: OWN, kod: totp(secret) });
  await party.click('main button[type=submit]');
  await party.waitForURL('**/hesap');
  must((await party.textContent('dl')).includes('kurulu –'), 'it is set up');
  const again = await visitor();
  await again.goto('/giris');
  await fill(again, { kullanici: demo.party.web.user, parola: OWN });
  await again.click('main button[type=submit]');
  must(await again.locator('[role=alert]').isVisible(), 'without the code nobody gets in');
  await again.context().close();
});
await check('logging out ends the session', async () => {
  await party.click('header button');
  await party.waitForURL('**/giris');
  await party.goto('/hesap');
  must(party.url().endsWith('/giris'), party.url());
});
const auditor = await visitor();
await check('an auditor searches the record on a telephone as well, and axe finds nothing', async () => {
  await auditor.goto('/giris');
  await fill(auditor, { kullanici: demo.auditor.user, parola: demo.auditor.password });
  await auditor.click('main button[type=submit]');
  await fill(auditor, { simdiki: demo.auditor.password, yeni: OWN, yeniden: OWN });
  await auditor.click('main button[type=submit]');
  await auditor.click('nav >> text=Denetim');
  await auditor.fill('[name=hesap]', 'ornek-parti');
  await auditor.selectOption('[name=sonuc]', 'refused');
  await auditor.click('main button[type=submit]');
  must((await auditor.textContent('table')).includes('reddedildi'), 'refusals');
  await shot(auditor, 'denetim');
  await accessible(auditor, 'denetim');
  await auditor.setViewportSize({ width: 320, height: 640 });
  await shot(auditor, 'denetim-dar');
  const [download] = await Promise.all([auditor.waitForEvent('download'), auditor.click('text=CSV')]);
  must(readFileSync(await download.path(), 'utf8').includes('ornek-parti'), 'the export');
});
await check('no page broke its content security policy', async () => must(violations.length === 0, violations.join('; ')));
