// The board's page: sends what is chosen or dropped, a few scans at a time, and shows what the service says of each of them.
// Without this the page is a plain form that does the same. Nothing is kept in the browser: what has no receipt is sent again.
'use strict';
(() => {
  const AT_A_TIME = 3;
  const ENDED = 'Oturum sona erdi. Yeni sekmede giriş yapın, sonra buradan sürdürün; sıradaki dosyalar bekler.';
  const at = (id) => document.getElementById(id);
  const form = at('gonder');
  const chooser = at('dosya');
  const largest = Number(form.dataset.enBuyuk);
  let token = form.elements._token.value;
  let offset = Number(at('saat').dataset.ms) - Date.now();
  const waiting = [];
  let running = 0;
  let paused = false;
  let moved = Date.now(); // when a byte went out or an answer came
  const counts = { linked: 0, parked: 0, refused: 0 };

  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1).replace('.', ',')} MB`);

  function element(name, text, attributes = {}) {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  class Row {
    constructor(file) {
      this.file = file;
      this.line = element('tr');
      this.state = element('td', '', { class: 'wide' });
      this.links = element('td');
      this.line.append(element('th', `${file.name} (${size(file.size)})`, { scope: 'row', class: 'wide' }), this.state, this.links);
      at('satirlar').append(this.line);
      this.say('Sırada');
    }

    say(text) {
      this.state.textContent = text;
    }

    sending(share) {
      if (!this.bar) {
        this.bar = element('progress', '', { max: '1', 'aria-label': `${this.file.name} gönderiliyor` });
        this.state.replaceChildren('Gönderiliyor ', this.bar);
      }
      this.bar.value = share;
    }

    end(state, text, fate) {
      this.bar = undefined;
      this.line.className = state;
      this.say(text);
      for (const advice of fate?.advice ?? []) this.state.append(' ', element('span', advice, { class: 'hint' }));
      if (fate?.known) this.state.append(' ', element('span', 'Daha önce alınmıştı.', { class: 'hint' }));
      if (fate?.sha256) {
        for (const [kind, name] of [['json', 'imzalı makbuz'], ['pdf', 'makbuz']]) {
          const href = `/kurul/makbuz/${fate.sha256}.${kind}`;
          const label = `${kind.toUpperCase()}: ${name}, ${this.file.name}`;
          this.links.append(element('a', kind.toUpperCase(), { href, download: '', 'aria-label': label }), ' ');
        }
        // Only so many fit in one request; the newest are offered.
        const kept = at('makbuzlar');
        kept.append(element('input', '', { type: 'hidden', name: 'ozet', value: fate.sha256 }));
        const all = kept.querySelectorAll('[name=ozet]');
        if (all.length > 800) all[0].remove();
        kept.hidden = false;
      }
      counts[state] += 1;
      summary();
    }
  }

  function summary() {
    const left = waiting.length + running;
    at('ozet').textContent = `${counts.linked} bağlandı, ${counts.parked} bağlanamadan saklandı, ${counts.refused} alınmadı`
      + (left > 0 ? `; ${left} dosya sürüyor.` : '. Hepsi bitti.');
  }

  function stop(text, login) {
    paused = true;
    at('uyari').textContent = text;
    at('uyari').hidden = false;
    at('surdur-satiri').hidden = false;
    at('surdur-satiri').querySelector('a').hidden = !login;
  }

  // One request: resolves with its status and what it said; status 0 when the line broke.
  function put(row, digest, bytes) {
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      request.open('PUT', `/v1/kurul/taramalar/${digest}`);
      request.setRequestHeader('X-Form-Token', token);
      request.setRequestHeader('Content-Type', 'image/png');
      request.timeout = 300000;
      request.upload.onprogress = (event) => {
        if (event.lengthComputable) row.sending(event.loaded / event.total);
        moved = Date.now();
      };
      request.upload.onload = () => { row.bar = undefined; row.say('Sunucuya ulaştı; okunuyor…'); };
      const ended = () => {
        moved = Date.now();
        place(null);
        let said = {};
        try { said = JSON.parse(request.responseText); } catch { /* not from the service */ }
        done({ status: request.status, said, after: Number(request.getResponseHeader('Retry-After')) });
      };
      request.onload = ended;
      request.onerror = request.ontimeout = request.onabort = () => done({ status: 0, said: {}, after: 0 });
      request.send(bytes);
    });
  }

  async function send(row) {
    if (row.file.size > largest) return row.end('refused', `Alınmadı: dosya ${largest >> 20} MiB sınırından büyük.`);
    let bytes;
    try {
      bytes = await row.file.arrayBuffer();
    } catch {
      return row.end('refused', 'Alınmadı: dosya okunamadı. Yerinde duruyor mu?');
    }
    const digest = hex(await crypto.subtle.digest('SHA-256', bytes));
    for (let tries = 0; ; tries += 1) {
      while (paused) await sleep(500);
      row.sending(0);
      const { status, said, after } = await put(row, digest, bytes);
      if (status === 200 || status === 201) return row.end(said.state, said.tr, said);
      row.bar = undefined;
      if (status === 401) {
        row.say('Oturum bekleniyor');
        stop(ENDED, true);
      } else if (status === 403 && (said.type ?? '').endsWith('not-sent-by-own-page') && await refresh() && tries < 3) {
        continue; // logged in anew in another tab
      } else if (status === 0 || status === 408 || status === 429 || status >= 500 || (said.type ?? '').endsWith('broken-off')) {
        const pause = after > 0 ? after * 1000 : Math.min(30000, 1000 * 2 ** Math.min(tries, 5));
        row.say(status === 0 ? 'Hat kesildi; yeniden denenecek' : `${said.detail ?? 'Sunucu yanıt vermedi.'} Yeniden denenecek.`);
        await sleep(pause * (0.75 + Math.random() / 2));
      } else {
        return row.end('refused', `Alınmadı: ${said.detail ?? `yanıt ${status}`}`);
      }
    }
  }

  async function next() {
    while (waiting.length > 0) {
      running += 1;
      const row = waiting.shift();
      try { await send(row); } finally { running -= 1; }
      summary();
    }
    if (running === 0) refresh();
  }

  function take(files) {
    for (const file of files) waiting.push(new Row(file));
    if (waiting.length === 0) return;
    at('gonderilen').hidden = false;
    summary();
    for (let free = running; free < AT_A_TIME; free += 1) next();
  }

  // Where the board's uploads stand among those that wait.
  function place(queue) {
    at('sira').textContent = queue?.tr ?? '';
    at('sira').hidden = !queue;
  }

  // Asked only while something is under way and nothing moves.
  async function askPlace() {
    if (running === 0 || paused || Date.now() - moved < 5000) return;
    try {
      const answer = await fetch('/v1/kurul/sira', { headers: { Accept: 'application/json' }, cache: 'no-store' });
      const queue = answer.ok ? await answer.json() : null;
      if (Date.now() - moved >= 5000) place(queue);
    } catch { /* the line is cut: the rows say so */ }
  }

  // The counters, the clock and the gates. Says whether there is a session.
  async function refresh() {
    let now;
    try {
      const answer = await fetch('/v1/kurul/durum', { headers: { Accept: 'application/json' }, cache: 'no-store' });
      if (answer.status === 401) stop(ENDED, true);
      if (!answer.ok) return false;
      now = await answer.json();
    } catch {
      return false;
    }
    offset = now.at - Date.now();
    token = now.form_token;
    place(now.queue);
    for (const field of document.querySelectorAll('[name=_token]')) field.value = token;
    for (const count of document.querySelectorAll('[data-sayi]')) count.textContent = now.counts[count.dataset.sayi];
    for (const gate of document.querySelectorAll('[data-kapi]')) gate.textContent = now.gates[gate.dataset.kapi].told;
    return true;
  }

  const clock = new Intl.DateTimeFormat('tr-TR', {
    timeZone: 'Europe/Istanbul', day: '2-digit', month: '2-digit', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit',
  });
  setInterval(() => { at('saat').textContent = clock.format(Date.now() + offset); }, 1000);
  setInterval(() => { if (!document.hidden) refresh(); }, 30000);
  setInterval(() => { if (!document.hidden) askPlace(); }, 10000);

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    take(chooser.files);
    chooser.value = '';
  });
  for (const kind of ['dragenter', 'dragover']) {
    form.addEventListener(kind, (event) => { event.preventDefault(); form.classList.add('over'); });
  }
  form.addEventListener('dragleave', () => form.classList.remove('over'));
  form.addEventListener('drop', (event) => {
    event.preventDefault();
    form.classList.remove('over');
    take(event.dataTransfer.files);
  });
  at('surdur').addEventListener('click', async () => {
    if (!await refresh()) return;
    at('uyari').hidden = true;
    at('surdur-satiri').hidden = true;
    paused = false;
  });
  addEventListener('beforeunload', (event) => { if (waiting.length + running > 0) event.preventDefault(); });
  at('birak').hidden = false;
})();
