// What a rank buys: how closely a matrix of that rank can follow the update that full fine-tuning made,
// and how many parameters it takes.

import { html, inLanguage, slider, svg } from "./lib/parts.js";

// Relative error ‖M − M_r‖/‖M‖ of the best approximation of rank r, by singular values. The matrix is the
// query projection of layer 4 of all-MiniLM-L6-v2 (384 × 384): its weight, and how far 150 steps of full
// fine-tuning with AdamW on a sentiment task moved it. Made by figures/update_spectrum.py beside the lesson.
const SIZE = 384;
export const RANKS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384];
export const CURVES = {
  update: [0.846, 0.677, 0.586, 0.532, 0.465, 0.422, 0.362, 0.317, 0.257, 0.219, 0.174, 0.147, 0.11, 0.084, 0.048, 0.023, 0],
  weight: [0.989, 0.979, 0.969, 0.96, 0.942, 0.925, 0.894, 0.865, 0.81, 0.763, 0.682, 0.611, 0.486, 0.38, 0.215, 0.101, 0],
  random: [0.995, 0.99, 0.985, 0.98, 0.971, 0.961, 0.943, 0.925, 0.89, 0.856, 0.791, 0.73, 0.616, 0.511, 0.327, 0.178, 0],
};

const WORDS = {
  en: {
    chart: "Relative error of the best approximation of each rank, for the update, the weight and a random matrix.",
    rank: "Rank r",
    axis: "rank r",
    error: "error left",
    update: "the update ΔW",
    weight: "the weight W",
    random: "a random matrix",
    share: "parameters, as a share of the full matrix",
    told: (r, error, numbers, share, large, largeShare) =>
      `The best matrix of rank ${r} misses the update by ${error} % of its size. It takes ${numbers} parameters, ${share} % of 384 × 384. ` +
      `On a layer of 4096 × 4096 it would take ${large}: ${largeShare} %.`,
    more: " Beyond r = 192 the two factors are larger than the matrix itself.",
  },
  "zh-hans": {
    chart: "更新、权重和随机矩阵在各个秩下的最佳近似的相对误差。",
    rank: "秩 r",
    axis: "秩 r",
    error: "剩余误差",
    update: "更新 ΔW",
    weight: "权重 W",
    random: "随机矩阵",
    share: "参数量占完整矩阵的比例",
    told: (r, error, numbers, share, large, largeShare) =>
      `秩为 ${r} 的最佳矩阵与这个更新相差其大小的 ${error}%。它需要 ${numbers} 个参数，是 384 × 384 的 ${share}%。` +
      `若是 4096 × 4096 的层，则需要 ${large} 个：${largeShare}%。`,
    more: "超过 r = 192，两个因子加起来就比矩阵本身还大了。",
  },
};

export function parameters(r, size = SIZE) {
  return r * 2 * size;
}

const BOX = { left: 56, right: 430, top: 16, bottom: 250 };
const x = (r) => BOX.left + ((BOX.right - BOX.left) * Math.log2(r)) / Math.log2(SIZE);
const y = (error) => BOX.bottom - (BOX.bottom - BOX.top) * error;
const LOOKS = {
  update: { stroke: "var(--accent, #c2410c)", "stroke-width": 3 },
  weight: { stroke: "currentColor", "stroke-width": 2 },
  random: { stroke: "var(--quiet, gray)", "stroke-width": 2, "stroke-dasharray": "5 4" },
};
const label = (at, height, content, more = {}) =>
  svg("text", { x: at, y: height, "font-size": 15, fill: "currentColor", ...more }, content);

function axes(words) {
  const quiet = { fill: "var(--quiet, gray)", "font-size": 13 };
  const ticks = [1, 4, 16, 64, 384].map((r) => label(x(r), BOX.bottom + 18, r, { ...quiet, "text-anchor": "middle" }));
  const levels = [0, 0.5, 1].flatMap((error) => [
    svg("line", { x1: BOX.left, x2: BOX.right, y1: y(error), y2: y(error), stroke: "var(--rule, lightgray)" }),
    label(BOX.left - 8, y(error) + 5, `${100 * error} %`, { ...quiet, "text-anchor": "end" }),
  ]);
  return [...levels, ...ticks, label(BOX.right, BOX.bottom + 38, words.axis, { ...quiet, "text-anchor": "end" })];
}

function curve(name, words) {
  const points = RANKS.map((r, i) => `${x(r).toFixed(1)},${y(CURVES[name][i]).toFixed(1)}`).join(" ");
  const at = { update: 7, weight: 9, random: 11 }[name];
  const shift = { update: [8, -8], weight: [-14, 22], random: [4, -10] }[name];
  const anchor = { update: "start", weight: "end", random: "start" }[name];
  return [
    svg("polyline", { points, fill: "none", "stroke-linejoin": "round", ...LOOKS[name] }),
    label(x(RANKS[at]) + shift[0], y(CURVES[name][at]) + shift[1], words[name], { "text-anchor": anchor, fill: LOOKS[name].stroke }),
  ];
}

class Chart {
  constructor(words) {
    this.marker = svg("line", { y1: BOX.top, y2: BOX.bottom, stroke: "currentColor", "stroke-dasharray": "2 3" });
    this.dots = Object.keys(CURVES).map((name) => [name, svg("circle", { r: 5, fill: LOOKS[name].stroke })]);
    this.bar = svg("rect", { x: BOX.left, y: 320, height: 18, fill: "var(--accent, #c2410c)" });
    this.percent = label(0, 334, "", { "font-size": 14 });
    this.node = svg("svg", { viewBox: "0 0 480 346", role: "img", "aria-label": words.chart, class: "plot-drawing" },
      axes(words), Object.keys(CURVES).flatMap((name) => curve(name, words)), this.marker, this.dots.map(([, dot]) => dot),
      label(BOX.left, 312, words.share, { "font-size": 13, fill: "var(--quiet, gray)" }),
      svg("rect", { x: BOX.left, y: 320, width: 300, height: 18, fill: "none", stroke: "var(--rule-strong, gray)" }),
      this.bar, this.percent,
    );
  }

  show(index) {
    const r = RANKS[index];
    this.marker.setAttribute("x1", x(r));
    this.marker.setAttribute("x2", x(r));
    for (const [name, dot] of this.dots) {
      dot.setAttribute("cx", x(r));
      dot.setAttribute("cy", y(CURVES[name][index]));
    }
    const share = parameters(r) / SIZE ** 2;
    const width = Math.min(300 * share, 330);
    this.bar.setAttribute("width", width);
    this.percent.setAttribute("x", BOX.left + Math.max(width, 300) + 8);
    this.percent.textContent = `${percent(share)} %`;
  }
}

const percent = (share) => (100 * share).toLocaleString("en", { maximumSignificantDigits: 2 });

export default function mount(element, data = element.dataset) {
  const words = inLanguage(WORDS, element, data);
  const chart = new Chart(words);
  const told = html("p", { class: "plot-told", "aria-live": "polite" });
  const count = (number) => number.toLocaleString("en");

  function show(index) {
    const r = RANKS[index];
    chart.show(index);
    const share = parameters(r) / SIZE ** 2;
    told.textContent = words.told(
      r, Math.round(100 * CURVES.update[index]), count(parameters(r)), percent(share),
      count(parameters(r, 4096)), percent(parameters(r, 4096) / 4096 ** 2),
    ) + (share > 1 ? words.more : "");
  }

  const rank = slider({
    label: words.rank, min: 0, max: RANKS.length - 1, step: 1, value: RANKS.indexOf(8),
    show: (index) => String(RANKS[index]), input: show,
  });
  element.append(html("div", { class: "plot-controls" }, rank.node), html("div", { class: "plot-scroll" }, chart.node), told);
  rank.set(RANKS.indexOf(8));
}
