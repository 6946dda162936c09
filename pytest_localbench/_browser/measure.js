// Measures a page from an isolated world: the page's own scripts cannot change what is used here.
(() => {
  const MOST = 400;
  const squeeze = (text) => text.replace(/\s+/g, ' ').trim();
  const cut = (text, most = 500) => (text.length > most ? text.slice(0, most) : text);

  const box = (rect) => [rect.left + scrollX, rect.top + scrollY, rect.width, rect.height];

  const visible = (element) => {
    const rect = element.getBoundingClientRect();
    return rect.width > 0 && rect.height > 0 && rect.right + scrollX > 0 && rect.bottom + scrollY > 0 &&
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: false });
  };

  const focusable = (element) => element.tabIndex >= 0 && !element.matches(':disabled') && !element.closest('[inert]') && visible(element);

  const seen = (element, properties) => {
    const style = getComputedStyle(element);
    const attributes = {};
    for (const { name, value } of [...element.attributes].slice(0, 60)) attributes[name] = cut(value);
    return {
      tag: element.localName,
      text: cut(squeeze(element.innerText ?? element.textContent ?? ''), 2000),
      attributes,
      box: box(element.getBoundingClientRect()),
      visible: visible(element),
      focusable: focusable(element),
      focused: element === document.activeElement,
      value: 'value' in element && typeof element.value === 'string' ? cut(element.value) : null,
      checked: 'checked' in element ? Boolean(element.checked) : null,
      style: Object.fromEntries(properties.map((name) => [name, styled(style, name)])),
      background: background(element),
    };
  };

  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  canvas.canvas.width = canvas.canvas.height = 1;

  const rgba = (text) => {
    const found = /^rgba?\(([\d.]+), ?([\d.]+), ?([\d.]+)(?:, ?([\d.]+))?\)$/.exec(text);
    if (found) return [+found[1], +found[2], +found[3], found[4] === undefined ? 1 : +found[4]];
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = '#0000';
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };

  const styled = (style, name) => {
    const value = style.getPropertyValue(name);
    return /^(color|fill|stroke|.*-color)$/.test(name) && value !== 'none' ? `rgba(${rgba(value).join(', ')})` : value;
  };

  // What lies behind an element: translucent layers over the first opaque one, white at the end.
  const background = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    let below = [255, 255, 255];
    for (const [r, g, b, a] of layers.reverse()) below = [r, g, b].map((v, i) => v * a + below[i] * (1 - a));
    return below.map(Math.round);
  };

  const holder = (node) => {
    let at = node.parentElement;
    while (at && at.parentElement && ['inline', 'contents'].includes(getComputedStyle(at).display)) at = at.parentElement;
    return at;
  };

  const textBlocks = () => {
    const groups = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let last = null;
    for (let node = walker.nextNode(); node && groups.length <= MOST; node = walker.nextNode()) {
      if (!node.data.trim() || !node.parentElement || node.parentElement.closest('script,style,noscript,template,select,textarea,title')) continue;
      if (!visible(node.parentElement)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const rect = range.getBoundingClientRect();
      if (!rect.width || !rect.height) continue;
      const home = holder(node);
      const bare = node.parentElement === home;
      // One sentence with marks in it is one block; elements side by side without text between them are several.
      const joins = last !== null && last.home === home && (last.bare || bare);
      if (!joins) groups.push((last = { home, bare: false, parts: [] }));
      last.bare ||= bare;
      last.parts.push({ node, rect, length: node.data.trim().length });
    }
    return groups.map(({ parts }) => {
      const main = parts.reduce((a, b) => (b.length > a.length ? b : a)).node.parentElement;
      const style = getComputedStyle(main);
      const left = Math.min(...parts.map((p) => p.rect.left)), top = Math.min(...parts.map((p) => p.rect.top));
      const right = Math.max(...parts.map((p) => p.rect.right)), bottom = Math.max(...parts.map((p) => p.rect.bottom));
      const colour = main instanceof SVGElement ? style.fill : style.color;
      return {
        text: cut(squeeze(parts.map((p) => p.node.data).join(' ')), 1000),
        box: [left + scrollX, top + scrollY, right - left, bottom - top],
        color: rgba(colour).slice(0, 3), background: background(main), font_px: parseFloat(style.fontSize),
      };
    });
  };

  const controlText = (element) => {
    const kind = element.localName === 'input' ? element.type : element.localName;
    if (['checkbox', 'radio'].includes(kind)) return `[${kind}]`;
    if (['submit', 'button', 'reset'].includes(kind)) return element.value;
    const shown = element.localName === 'select' ? element.selectedOptions[0]?.text : element.value || element.placeholder;
    return `[field] ${squeeze(shown || '')}`.trim();
  };

  const blocks = () => {
    const found = document.body ? textBlocks() : [];
    for (const element of document.querySelectorAll('input,textarea,select,img,svg,canvas')) {
      if (found.length > MOST || element.type === 'hidden' || !visible(element)) continue;
      const graphic = ['img', 'svg', 'canvas'].includes(element.localName);
      const style = getComputedStyle(element);
      found.push({
        text: graphic ? '[graphic]' : cut(controlText(element)),
        box: box(element.getBoundingClientRect()),
        color: rgba(style.color).slice(0, 3), background: background(element), font_px: parseFloat(style.fontSize),
      });
    }
    return { blocks: found.slice(0, MOST), more: found.length > MOST, page: pageSize() };
  };

  const pageSize = () => {
    const root = document.documentElement;
    return { width: root.scrollWidth, height: root.scrollHeight, shown: root.clientWidth };
  };

  const rules = (selectors, properties) => {
    const found = selectors.map((selector) => {
      const all = document.querySelectorAll(selector);
      return { count: all.length, elements: [...all].slice(0, 60).map((element) => seen(element, properties)) };
    });
    return { found, page: pageSize() };
  };

  const unstyle = () => {
    document.querySelectorAll('style,link').forEach((element) => element.remove());
    for (const name of ['style', 'bgcolor', 'align', 'width', 'height']) {
      document.querySelectorAll(`:not(svg,svg *)[${name}]`).forEach((element) => element.removeAttribute(name));
    }
    return true;
  };

  const settle = () => {
    for (const animation of document.getAnimations()) {
      try { animation.finish(); } catch { animation.cancel(); }
    }
    return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));
  };

  const audit = async (tags) => {
    const { violations } = await globalThis.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
    return violations.map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.length, target: String(nodes[0]?.target ?? '') }));
  };

  globalThis.localbench = { rules, blocks, unstyle, settle, audit, pageSize };
  return true;
})();
