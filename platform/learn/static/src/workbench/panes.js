// Three panes side by side that can be made wider, or tabs where there is no room for three.

const KEPT = "anneal:panes";

export function arrangePanes({ root }) {
  const tabs = [...root.querySelectorAll("[role=tab]")];
  const show = (name) => {
    root.dataset.pane = name;
    for (const tab of tabs) {
      const chosen = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
  };
  for (const [i, tab] of tabs.entries()) {
    tab.addEventListener("click", () => show(tab.dataset.tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(i + step + tabs.length) % tabs.length];
      show(next.dataset.tab);
      next.focus();
    });
  }
  show(root.dataset.pane);
  root.dataset.ready = ""; // from here on one pane at a time is shown where there is no room for more
  const widths = JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  for (const split of root.querySelectorAll("[data-split]")) resizable(root, split, widths);
  return { show };
}

function resizable(root, split, widths) {
  const name = split.dataset.split;
  const [least, most] = [Number(split.ariaValueMin), Number(split.ariaValueMax)];
  const set = (percent) => {
    const width = Math.round(Math.min(Math.max(percent, least), most) * 10) / 10;
    root.style.setProperty(`--${name}-width`, `${width}%`);
    split.setAttribute("aria-valuenow", String(Math.round(width)));
    widths[name] = width;
    localStorage.setItem(KEPT, JSON.stringify(widths));
  };
  if (widths[name]) set(widths[name]);

  // The task's edge is dragged from the left, the cases' from the right.
  const fromPointer = (event) => {
    const box = split.parentElement.getBoundingClientRect();
    const share = (100 * (event.clientX - box.left)) / box.width;
    set(name === "statement" ? share : 100 - share);
  };
  split.addEventListener("pointerdown", (event) => {
    split.setPointerCapture(event.pointerId);
    split.addEventListener("pointermove", fromPointer);
    split.addEventListener("pointerup", () => split.removeEventListener("pointermove", fromPointer), { once: true });
  });
  split.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
    if (!step) return;
    event.preventDefault();
    set((widths[name] ?? Number(split.ariaValueNow)) + (name === "statement" ? step : -step));
  });
  split.addEventListener("dblclick", () => {
    root.style.removeProperty(`--${name}-width`);
    delete widths[name];
    localStorage.setItem(KEPT, JSON.stringify(widths));
  });
}
