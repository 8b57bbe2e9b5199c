// A softmax that reads its scores tile by tile: what is kept after each tile, and that o ∕ ℓ is at every
// moment the answer over the keys read so far.

import { html, inLanguage, slider, svg } from "./lib/parts.js";

export const SCORES = [1, 3, 0.5, 2, 5, 2.5, 4, 1.5];
export const VALUES = [10, 20, 30, 40, 50, 60, 70, 80];
export const TILES = [1, 2, 4, 8];

const WORDS = {
  en: {
    chart: "Eight scores as dots, and below them what each weighs against the largest score so far.",
    tile: "Keys in a tile",
    read: "Tiles read",
    score: "score",
    weight: "weight e^(s−m)",
    kept: (m, l, o) => `m = ${m} · ℓ = ${l} · o = ${o}`,
    start: "Nothing was read yet: m is −∞, ℓ and o are 0.",
    told: (m, fade, answer, end) =>
      `The maximum is ${m}. ` +
      (fade === 1 ? "It did not grow, so what was summed stays as it is. " : `It grew: what was summed before was multiplied by ${fade}. `) +
      `o ∕ ℓ = ${answer}` +
      (end ? ", the softmax over all eight keys, whatever the tiles." : ", exactly the attention over the keys read so far."),
  },
  "zh-hans": {
    chart: "八个分数画成点，下面是各自相对于目前最大分数的权重。",
    tile: "每块的键数",
    read: "已读的块数",
    score: "分数",
    weight: "权重 e^(s−m)",
    kept: (m, l, o) => `m = ${m} · ℓ = ${l} · o = ${o}`,
    start: "还没有读任何一块：m 是 −∞，ℓ 和 o 是 0。",
    told: (m, fade, answer, end) =>
      `最大值是 ${m}。` +
      (fade === 1 ? "它没有变大，已累加的保持原样。" : `它变大了：此前累加的都乘以了 ${fade}。`) +
      `o ∕ ℓ = ${answer}` +
      (end ? "，即全部八个键的 softmax，与怎样分块无关。" : "，恰好是对目前读过的键做的注意力。"),
  },
};

// What is kept after `count` tiles of `size` keys; `fade` is what the last tile multiplied the old sums by.
export function after(count, size) {
  let kept = { m: -Infinity, l: 0, o: 0, fade: 1 };
  for (let first = 0; first < count * size && first < SCORES.length; first += size) {
    const scores = SCORES.slice(first, first + size);
    const m = Math.max(kept.m, ...scores);
    const fade = Math.exp(kept.m - m);
    const weights = scores.map((score) => Math.exp(score - m));
    const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
    kept = {
      m,
      l: kept.l * fade + sum(weights),
      o: kept.o * fade + sum(weights.map((weight, i) => weight * VALUES[first + i])),
      fade: first ? fade : 1,
    };
  }
  return kept;
}

const STEP = 58, LEFT = 16, ZERO = 148, SCALE = 24, FLOOR = 272, TALL = 84;
const x = (key) => LEFT + STEP * (key + 0.5);
const quiet = { fill: "var(--quiet, gray)", "font-size": 14 };

class Chart {
  constructor(words) {
    this.tile = svg("rect", { y: 6, height: FLOOR, rx: 6, fill: "var(--raised, none)", stroke: "var(--accent, #c2410c)", "stroke-width": 1.5 });
    this.top = svg("line", { x1: LEFT, x2: LEFT + 8 * STEP, stroke: "var(--accent, #c2410c)", "stroke-dasharray": "5 4", "stroke-width": 1.5 });
    this.dots = SCORES.map((score, key) => svg("circle", { cx: x(key), cy: ZERO - SCALE * score, r: 6 }));
    this.numbers = SCORES.map((score, key) =>
      svg("text", { x: x(key), y: ZERO - SCALE * score + 24, "text-anchor": "middle", "font-size": 14, fill: "currentColor" }, String(score)));
    this.bars = SCORES.map((_, key) => svg("rect", { x: x(key) - 16, width: 32, fill: "var(--accent, #c2410c)" }));
    this.kept = svg("text", { x: LEFT, y: FLOOR + 34, "font-size": 17, fill: "currentColor" });
    this.node = svg("svg", { viewBox: `0 0 ${2 * LEFT + 8 * STEP} ${FLOOR + 46}`, role: "img", "aria-label": words.chart, class: "plot-drawing" },
      this.tile, svg("line", { x1: LEFT, x2: LEFT + 8 * STEP, y1: FLOOR, y2: FLOOR, stroke: "var(--rule-strong, gray)" }),
      this.top, this.dots, this.numbers, this.bars,
      svg("text", { x: LEFT + 2, y: 22, ...quiet }, words.score), svg("text", { x: LEFT + 2, y: FLOOR - TALL - 2, ...quiet }, words.weight), this.kept);
  }

  show(count, size, kept, text) {
    const read = count * size;
    this.tile.setAttribute("x", LEFT + STEP * Math.max(0, read - size) + 2);
    this.tile.setAttribute("width", STEP * size - 4);
    this.tile.setAttribute("visibility", count ? "visible" : "hidden");
    this.top.setAttribute("visibility", count ? "visible" : "hidden");
    if (count) {
      this.top.setAttribute("y1", ZERO - SCALE * kept.m);
      this.top.setAttribute("y2", ZERO - SCALE * kept.m);
    }
    SCORES.forEach((score, key) => {
      const height = key < read ? Math.max(1, TALL * Math.exp(score - kept.m)) : 0;
      this.dots[key].setAttribute("fill", key < read ? "var(--accent, #c2410c)" : "var(--quiet, gray)");
      this.numbers[key].setAttribute("fill", key < read ? "currentColor" : "var(--quiet, gray)");
      this.bars[key].setAttribute("y", FLOOR - height);
      this.bars[key].setAttribute("height", height);
    });
    this.kept.textContent = text;
  }
}

const short = (number) => (Number.isFinite(number) ? String(Math.round(1000 * number) / 1000) : "−∞");

export default function mount(element, data = element.dataset) {
  const words = inLanguage(WORDS, element, data);
  const chart = new Chart(words);
  const told = html("p", { class: "plot-told", "aria-live": "polite" });
  let size = 2;
  let count = 1;

  function show() {
    const kept = after(count, size);
    chart.show(count, size, kept, words.kept(short(kept.m), short(kept.l), short(kept.o)));
    const end = count * size >= SCORES.length;
    told.textContent = count ? words.told(short(kept.m), Number(short(kept.fade)), short(kept.o / kept.l), end) : words.start;
  }

  const read = slider({
    label: words.read, min: 0, max: SCORES.length / size, step: 1, value: count, show: String,
    input: (value) => {
      count = value;
      show();
    },
  });
  const tile = slider({
    label: words.tile, min: 0, max: TILES.length - 1, step: 1, value: TILES.indexOf(size), show: (index) => String(TILES[index]),
    input: (index) => {
      const keys = count * size;
      size = TILES[index];
      read.node.querySelector("input").max = SCORES.length / size;
      read.set(Math.ceil(keys / size));
    },
  });
  element.append(html("div", { class: "plot-controls" }, tile.node, read.node), html("div", { class: "plot-scroll" }, chart.node), told);
  read.set(count);
  tile.set(TILES.indexOf(size));
}
