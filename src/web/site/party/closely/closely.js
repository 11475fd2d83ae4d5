// Puts the viewer in the place of the picture, with buttons that a keyboard reaches. Without this script the picture stays.
'use strict';
(() => {
  const place = document.getElementById('gorunum');
  if (!place || typeof OpenSeadragon !== 'function') return;
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const say = document.createElement('p');
  say.setAttribute('role', 'status');
  const bar = document.createElement('div');
  bar.className = 'toolbar';
  bar.setAttribute('role', 'toolbar');
  bar.setAttribute('aria-label', 'Görüntü');
  const canvas = document.createElement('div');
  canvas.className = 'canvas';
  const failed = (text) => { say.textContent = text; };
  fetch(place.dataset.info, { headers: { accept: 'application/json' } }).then((answer) => {
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    return answer.json();
  }).then((info) => {
    // Tiles come from where the page came from, whatever name the server knows itself by.
    info.id = location.origin + new URL(info.id).pathname;
    place.replaceChildren(bar, canvas, say);
    const viewer = OpenSeadragon({
      element: canvas, tileSources: info, showNavigationControl: false, drawer: 'canvas', crossOriginPolicy: false,
      animationTime: still ? 0 : 0.5, immediateRender: true, maxZoomPixelRatio: 3, gestureSettingsMouse: { clickToZoom: false },
    });
    const button = (name, work) => {
      const made = document.createElement('button');
      made.type = 'button';
      made.className = 'plain';
      made.textContent = name;
      made.addEventListener('click', work);
      bar.append(made);
    };
    const zoom = (factor) => { viewer.viewport.zoomBy(factor); viewer.viewport.applyConstraints(); };
    button('Yakınlaştır', () => zoom(1.5));
    button('Uzaklaştır', () => zoom(1 / 1.5));
    button('Sola döndür', () => viewer.viewport.setRotation(viewer.viewport.getRotation() - 90));
    button('Sağa döndür', () => viewer.viewport.setRotation(viewer.viewport.getRotation() + 90));
    button('Bütün sayfa', () => { viewer.viewport.setRotation(0); viewer.viewport.goHome(); });
    viewer.canvas.setAttribute('aria-label', `${place.dataset.name}: ok tuşlarıyla kaydırılır, + ve − ile büyütülür`);
    viewer.canvas.setAttribute('role', 'application');
    viewer.addHandler('tile-load-failed', () => failed('Görüntünün bir parçası gelmedi. Oturumunuz sona ermiş olabilir: sayfayı yenileyin.'));
    viewer.addHandler('open-failed', () => failed('Görüntü açılamadı. Sayfayı yenileyin.'));
  }).catch(() => {
    place.append(say);
    failed('Yakından bakış açılamadı. Oturumunuz sona ermiş olabilir: sayfayı yenileyin.');
  });
})();
