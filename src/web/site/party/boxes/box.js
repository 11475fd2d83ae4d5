// Keys of a box's page, which can be switched off, and buttons that copy digests. Without this script every key is a link.
'use strict';
(() => {
  const keys = document.getElementById('tuslar');
  const on = document.getElementById('tuslar-acik');
  const KEPT = 'tutanak-tuslar';
  const kept = () => { try { return localStorage.getItem(KEPT) !== 'kapali'; } catch { return true; } };
  on.checked = kept();
  on.addEventListener('change', () => {
    try { localStorage.setItem(KEPT, on.checked ? 'acik' : 'kapali'); } catch { /* for this page only, then */ }
  });
  const opener = document.createElement('button');
  opener.type = 'button';
  opener.className = 'plain screen';
  opener.textContent = 'Tuşlar (?)';
  opener.setAttribute('aria-controls', keys.id);
  const turn = () => { keys.hidden = !keys.hidden; opener.setAttribute('aria-expanded', String(!keys.hidden)); };
  opener.setAttribute('aria-expanded', 'false');
  opener.addEventListener('click', turn);
  keys.before(opener);
  addEventListener('keydown', (event) => {
    if (!on.checked || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.target instanceof Element && event.target.closest('input:not([type=checkbox]), textarea, select')) return;
    if (event.key === '?') {
      turn();
    } else if (/^[jkdz]$/.test(event.key)) {
      const link = document.querySelector(`[data-key="${event.key}"]`);
      if (!link) return;
      link.click();
    } else {
      return;
    }
    event.preventDefault();
  });
  for (const digest of document.querySelectorAll('[data-copy]')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'plain screen';
    button.textContent = 'Özeti kopyala';
    const said = document.createElement('span');
    said.setAttribute('role', 'status');
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(digest.textContent);
        said.textContent = ' Kopyalandı.';
      } catch {
        getSelection().selectAllChildren(digest);
        said.textContent = ' Seçildi; Ctrl+C ile kopyalayın.';
      }
    });
    digest.after(' ', button, said);
  }
})();
