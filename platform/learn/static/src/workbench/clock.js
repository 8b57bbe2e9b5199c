// How long somebody worked on this try: with the page in front, and not longer than a minute after the last
// touch. It may move the rating by one step, so it must not count a lunch break.

const IDLE = 60_000;

export function countWork({ settings, form }) {
  const kept = `anneal:work:${settings.key}`;
  let seconds = Number(sessionStorage.getItem(kept)) || 0;
  let touched = Date.now();
  for (const name of ["keydown", "pointerdown", "pointermove", "scroll"]) {
    addEventListener(name, () => (touched = Date.now()), { passive: true, capture: true });
  }
  setInterval(() => {
    if (document.hidden || !document.hasFocus() || Date.now() - touched > IDLE) return;
    seconds += 1;
    sessionStorage.setItem(kept, String(seconds));
  }, 1000);
  // Each try counts its own seconds; Run is part of the try that follows.
  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.target !== form || !event.detail.successful) return;
    if (event.detail.requestConfig.triggeringEvent?.submitter?.value !== "submit") return;
    seconds = 0;
    sessionStorage.setItem(kept, "0");
  });
  return { seconds: () => seconds };
}
