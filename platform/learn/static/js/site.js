// What every page needs: the theme switch, the token on htmx's requests, menus that close.

const THEMES = [undefined, "light", "dark"];
const root = document.documentElement;

document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
  if (next) root.dataset.theme = next;
  else delete root.dataset.theme;
  try {
    if (next) localStorage.setItem("theme", next);
    else localStorage.removeItem("theme");
  } catch {
    // The choice then lasts for this page.
  }
});

// Every htmx request carries the token: no template has to remember it.
const token = document.querySelector("script[data-csrf]")?.dataset.csrf;
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = token;
});

// An answer of 4xx is for the learner to read when it is a fragment; anything else would be thrown away.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 422 || xhr.status === 409 || xhr.status === 429) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// The server needs the zone to know when a learner's day begins: told once, and on signing up.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const field of document.querySelectorAll("[data-zone-form] [name=zone]")) field.value = zone;
const unknown = document.querySelector("[data-zone-unknown]");
if (unknown && zone) {
  const body = new URLSearchParams({ zone });
  fetch(unknown.dataset.zoneUnknown, { method: "POST", body, headers: { "X-CSRFToken": token } }).catch(() => {});
}
