// Questions: putting items in order by hand, finger or keys, and how long an answer took. Works without, too:
// the positions are number fields then, and the form is sent as any other.

function arrange(list) {
  const items = [...list.querySelectorAll("[data-item]")];
  items.forEach((item, index) => {
    item.querySelector("[data-position]").value = index + 1;
    item.querySelector('[data-move="-1"]').disabled = index === 0;
    item.querySelector('[data-move="1"]').disabled = index === items.length - 1;
  });
}

function say(list, item) {
  const position = [...list.querySelectorAll("[data-item]")].indexOf(item) + 1;
  const text = item.querySelector(".ordering-text").textContent.trim();
  list.parentElement.querySelector("[data-said]").textContent = `${text}: ${list.dataset.moved} ${position}`;
}

function move(list, item, step) {
  const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (step < 0) other.before(item);
  else other.after(item);
  arrange(list);
  say(list, item);
}

// The item follows the pointer by trading places with the neighbour whose middle was passed. It is the
// neighbour that is moved: an element that leaves the page, if only for a moment, loses the pointer.
function drag(list, item, start) {
  item.classList.add("is-dragged");
  item.setPointerCapture(start.pointerId);
  const onMove = (event) => {
    const before = item.previousElementSibling?.getBoundingClientRect();
    const after = item.nextElementSibling?.getBoundingClientRect();
    if (before && event.clientY < before.top + before.height / 2) item.after(item.previousElementSibling);
    else if (after && event.clientY > after.top + after.height / 2) item.before(item.nextElementSibling);
  };
  const onEnd = () => {
    item.classList.remove("is-dragged");
    item.removeEventListener("pointermove", onMove);
    arrange(list);
    say(list, item);
  };
  item.addEventListener("pointermove", onMove);
  item.addEventListener("lostpointercapture", onEnd, { once: true });
}

function enhanceOrdering(list) {
  list.dataset.ready = "";
  // Number fields would otherwise keep a second way to say the same.
  for (const field of list.querySelectorAll("[data-position]")) {
    field.tabIndex = -1;
    field.setAttribute("aria-hidden", "true");
  }
  for (const moves of list.querySelectorAll("[data-moves]")) moves.hidden = false;
  arrange(list);
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    move(list, button.closest("[data-item]"), Number(button.dataset.move));
    (button.disabled ? button.parentElement.querySelector("[data-move]:not(:disabled)") : button).focus();
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const item = event.target.closest("[data-item]");
    if (!step || !item) return;
    event.preventDefault();
    const focused = document.activeElement;
    move(list, item, step);
    (focused.disabled ? item.querySelector("[data-move]:not(:disabled)") : focused).focus();
  });
  list.addEventListener("pointerdown", (event) => {
    const item = event.target.closest("[data-item]");
    const isTouch = event.pointerType !== "mouse";
    // A finger on the text scrolls the page; on the grip, at the edge, it drags.
    const onGrip = item && event.clientX - item.getBoundingClientRect().left < 40;
    if (!item || event.button !== 0 || event.target.closest("button") || (isTouch && !onGrip)) return;
    event.preventDefault();
    drag(list, item, event);
  });
}

// Seconds in which the question was in view of a page that was in front.
function time(form) {
  let seen = 0;
  let since = null;
  let inView = false;
  const update = () => {
    const now = performance.now();
    if (since !== null) seen += now - since;
    since = inView && document.visibilityState === "visible" ? now : null;
  };
  new IntersectionObserver(
    ([entry]) => {
      inView = entry.isIntersecting;
      update();
    },
    { threshold: 0.1 },
  ).observe(form);
  document.addEventListener("visibilitychange", update);
  form.addEventListener(
    "submit",
    () => {
      update();
      form.querySelector("[data-seconds]").value = (seen / 1000).toFixed(1);
    },
    { capture: true },
  );
}

function enhance(root) {
  for (const form of root.querySelectorAll("[data-question]:not([data-ready])")) {
    form.dataset.ready = "";
    const list = form.querySelector("[data-ordering]");
    if (list) enhanceOrdering(list);
    time(form);
  }
}

enhance(document);
document.addEventListener("htmx:load", (event) => enhance(event.target.parentElement ?? document));
