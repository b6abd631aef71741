// Brings Telegram's proof to the desk. It works from the address alone, so that a Telegram script
// that is slow or blocked keeps nobody out.
"use strict";

(async () => {
  const said = document.getElementById("said");
  const open = document.getElementById("open");
  const show = (words) => { said.textContent = words; };
  const telegram = () => (window.Telegram && window.Telegram.WebApp) || null;
  const given = new URLSearchParams(location.hash.slice(1));
  const proof = given.get("tgWebAppData") || (telegram() && telegram().initData) || "";
  if (!proof) { show(said.dataset.none); return; }

  // Telegram's colours come with the address: a dark ground is a dark theme.
  let theme = "auto";
  try {
    const ground = JSON.parse(given.get("tgWebAppThemeParams") || "{}").bg_color;
    if (ground) {
      const [red, green, blue] = [1, 3, 5].map((at) => parseInt(ground.slice(at, at + 2), 16));
      theme = 0.299 * red + 0.587 * green + 0.114 * blue < 128 ? "dark" : "light";
      document.documentElement.dataset.theme = theme;
    }
  } catch { theme = "auto"; }

  const framed = window.self === window.top ? "" : "yes";
  try {
    const body = new URLSearchParams({ proof, theme, framed });
    const answer = await fetch("/app/mini", { method: "POST", body, credentials: "same-origin" });
    const told = await answer.json();
    if (told.next) {
      if (telegram()) { telegram().ready(); telegram().expand(); }
      location.replace(told.next);
    } else if (told.open) {
      show(said.dataset.framed);
      open.href = told.open;
      open.hidden = false;
      open.focus();
    } else {
      show(told.why);
    }
  } catch {
    show(said.dataset.away);
  }
})();
