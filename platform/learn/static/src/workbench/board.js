// The verdict as it comes. htmx polls; while a stream of events is open, its polls are held back.

const QUIET_TOO_LONG = 20_000;

export function watchBoard(page) {
  const { root } = page;
  let stream = null;
  let heard = 0;

  const isLive = () => stream?.readyState === EventSource.OPEN && Date.now() - heard < QUIET_TOO_LONG;

  function follow() {
    const board = root.querySelector("#board");
    const url = board?.dataset.live;
    if (stream && stream.of !== url) {
      stream.close();
      stream = null;
    }
    if (url && !stream) stream = open(url);
    show(board);
  }

  function open(url) {
    const source = new EventSource(url);
    source.of = url;
    source.addEventListener("open", () => (heard = Date.now()));
    source.addEventListener("verdict", (event) => {
      heard = Date.now();
      replace(event.data);
    });
    source.addEventListener("end", () => {
      source.close();
      if (stream === source) stream = null;
      htmx.trigger(document.body, "judged");
    });
    return source;
  }

  function replace(html) {
    const incoming = document.createRange().createContextualFragment(html).querySelector("#board");
    const current = root.querySelector("#board");
    if (!incoming || !current) return;
    merge(current, incoming);
    htmx.process(current);
    show(current);
  }

  function show(board) {
    if (!board) return;
    const line = Number(board.dataset.line) || 0;
    page.editor.mark(line);
    const badge = root.querySelector("[data-badge]");
    const { passed, rows } = board.dataset;
    badge.hidden = !Number(rows);
    badge.textContent = `${passed}/${rows}`;
    badge.dataset.state = Number(passed) === Number(rows) ? "pass" : "fail";
  }

  // While a stream is open, a poll would only repeat it.
  root.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.id === "board" && isLive()) event.preventDefault();
  });
  root.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "board" || event.detail.target?.id === "board") follow();
  });
  root.addEventListener("click", (event) => {
    const link = event.target.closest("[data-goto]");
    if (!link) return;
    event.preventDefault();
    page.panes.show("editor");
    page.editor.goTo(Number(link.dataset.goto));
  });
  follow();
}

// Rows that have not changed stay: an opened one stays open, focus stays where it is.
function merge(current, incoming) {
  if (current.dataset.submission !== incoming.dataset.submission) {
    current.replaceWith(incoming);
    return;
  }
  for (const { name } of [...current.attributes]) if (!incoming.hasAttribute(name)) current.removeAttribute(name);
  for (const { name, value } of incoming.attributes) current.setAttribute(name, value);
  mergeChildren(current, incoming);
}

function mergeChildren(current, incoming) {
  const known = new Map([...current.children].filter((child) => child.dataset.key).map((child) => [child.dataset.key, child]));
  const children = [...incoming.children].map((child) => {
    const old = known.get(child.dataset.key);
    if (!old || old.tagName !== child.tagName) return child;
    if (child.dataset.key === "rows") return mergeChildren(old, child), old;
    if (sameBut(old, child)) return old;
    return child;
  });
  if (children.some((child, i) => current.children[i] !== child) || current.children.length !== children.length) {
    current.replaceChildren(...children);
  }
}

// Equal but for what the reader opened or closed, and what htmx noted.
function sameBut(one, other) {
  const bare = (node) => {
    const copy = node.cloneNode(true);
    for (const element of [copy, ...copy.querySelectorAll("*")]) {
      element.removeAttribute("open");
      element.classList.remove("htmx-added", "htmx-settling", "htmx-swapping");
      if (!element.classList.length) element.removeAttribute("class");
    }
    return copy.outerHTML;
  };
  return bare(one) === bare(other);
}
