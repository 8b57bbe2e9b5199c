// The map answers to pointer and keyboard: what a station builds on and what builds on it stay lit,
// and a card says what the list below says of it.

const SVG = "http://www.w3.org/2000/svg";

for (const map of document.querySelectorAll("[data-map]")) watch(map);

function watch(map) {
  const stops = new Map([...map.querySelectorAll("[data-stop]")].map((stop) => [stop.dataset.stop, stop]));
  const card = map.querySelector("[data-map-card]");
  for (const hint of map.querySelectorAll("[data-script-only]")) hint.hidden = false;
  for (const stop of stops.values()) {
    stop.addEventListener("pointerenter", () => light(map, card, stops, stop));
    stop.addEventListener("pointerleave", () => darken(map, card));
    stop.addEventListener("focus", () => light(map, card, stops, stop));
    stop.addEventListener("blur", () => darken(map, card));
  }
  map.addEventListener("keydown", (event) => {
    if (event.key === "Escape") darken(map, card);
  });
}

function light(map, card, stops, stop) {
  darken(map, card);
  map.classList.add("is-lit");
  stop.classList.add("lit");
  const reach = map.querySelector(".reach");
  for (const [relation, names] of [["needs", stop.dataset.needs], ["opens", stop.dataset.opens]]) {
    for (const name of names.split(" ")) {
      const other = stops.get(name);
      if (!other) continue;
      other.classList.add("lit");
      const [from, to] = relation === "needs" ? [other, stop] : [stop, other];
      reach.append(arc(from.dataset, to.dataset, relation));
    }
  }
  show(map, card, stop);
}

function darken(map, card) {
  map.classList.remove("is-lit");
  for (const stop of map.querySelectorAll(".lit")) stop.classList.remove("lit");
  map.querySelector(".reach").replaceChildren();
  card.hidden = true;
}

// A bow from what is needed to what needs it: higher the farther they are apart.
function arc(from, to, relation) {
  const [x1, y1, x2, y2] = [from.x, from.y, to.x, to.y].map(Number);
  const length = Math.hypot(x2 - x1, y2 - y1);
  const bend = Math.min(80, length * 0.25);
  const [mx, my] = [(x1 + x2) / 2 + ((y2 - y1) / length) * bend, (y1 + y2) / 2 - ((x2 - x1) / length) * bend];
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", `M${x1} ${y1}Q${mx} ${my} ${x2} ${y2}`);
  path.setAttribute("class", relation);
  return path;
}

function show(map, card, stop) {
  const words = document.querySelector(`#stop-${CSS.escape(stop.dataset.stop)} .stop-words`);
  if (!words) return;
  card.replaceChildren(...words.cloneNode(true).children);
  card.hidden = false;
  const frame = map.getBoundingClientRect();
  const place = stop.querySelector(".core").getBoundingClientRect();
  const left = Math.min(Math.max(0, place.left - frame.left - card.offsetWidth / 2), frame.width - card.offsetWidth);
  card.style.left = `${left}px`;
  card.style.top = `${place.bottom - frame.top + 18}px`;
}
