// Time at an item: with the page in front, and not longer than a minute without a sign of life.

const IDLE = 60_000;

export class Stopwatch {
  #total = 0;
  #last = null;

  constructor() {
    for (const sign of ["keydown", "pointerdown", "pointermove", "scroll"]) {
      document.addEventListener(sign, () => this.#tick(), { passive: true });
    }
    document.addEventListener("visibilitychange", () => this.#tick());
  }

  start() {
    this.#total = 0;
    this.#last = performance.now();
  }

  stop() {
    this.#tick();
    return Math.round(this.#total);
  }

  #tick() {
    const now = performance.now();
    if (this.#last !== null) this.#total += Math.min(now - this.#last, IDLE);
    this.#last = document.hidden ? null : now;
  }
}
