// What a person would stumble over on a page: too wide, too pale, without a name or a heading.
(() => {
  const flaws = [];
  const all = (what) => [...document.querySelectorAll(what)];
  if (document.documentElement.scrollWidth > innerWidth) flaws.push("wider than the screen");
  if (all("h1").length !== 1) flaws.push(`${all("h1").length} main headings`);
  if (all("main").length !== 1) flaws.push("no main part");
  if (!document.documentElement.lang) flaws.push("no language");
  for (const one of all("input:not([type=hidden]), select")) {
    if (!one.labels.length) flaws.push(`no label: ${one.name}`);
  }
  for (const one of all("img")) if (!one.alt) flaws.push(`no words for ${one.src}`);
  for (const one of all("th")) if (!one.scope) flaws.push(`no scope: ${one.textContent}`);
  for (const one of all("a, button")) {
    if (!one.textContent.trim()) flaws.push(`no name: ${one.outerHTML.slice(0, 80)}`);
  }
  for (const one of all("button, .button, .tabs a")) {
    const { width, height } = one.getBoundingClientRect();
    if (height && (height < 40 || width < 40)) flaws.push(`too small: ${one.textContent.trim()}`);
  }
  const ids = all("[id]").map((one) => one.id);
  if (new Set(ids).size !== ids.length) flaws.push("an id stands twice");

  const parts = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const light = (colour) => {
    const [red, green, blue] = parts(colour).slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      const shown = parts(colour);
      if (shown.length === 3 || shown[3] === 1) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const one = walk.currentNode.parentElement;
    const words = walk.currentNode.textContent.trim();
    if (!words || !one.getClientRects().length || one.closest("option, script, noscript")) continue;
    const style = getComputedStyle(one);
    const [front, back] = [light(style.color), light(ground(one))];
    const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    const large = parseFloat(style.fontSize) >= 24;
    if (contrast < (large ? 3 : 4.5)) flaws.push(`pale (${contrast.toFixed(2)}): ${words.slice(0, 40)}`);
  }
  return flaws;
})()
