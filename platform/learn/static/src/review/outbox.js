// Answers on their way: kept in the browser until the server has said what became of each. Sent again
// as they are, as often as it takes: the server keeps the first of each id.

const SLOWEST = 60_000;

export class Outbox {
  constructor(name, url, token, changed) {
    Object.assign(this, { name, url, token, changed, pause: 1000 });
    this.state = { count: this.lines.length, isStuck: false, isSignedOut: false, refused: "" };
    window.addEventListener("online", () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden || this.flush());
  }

  // Read anew each time: another tab may have sent some, or left some.
  get lines() {
    try {
      return JSON.parse(localStorage.getItem(this.name)) ?? [];
    } catch {
      return this.memory ?? [];
    }
  }

  set lines(lines) {
    this.memory = lines; // where there is no storage, they last as long as the page
    try {
      if (lines.length) localStorage.setItem(this.name, JSON.stringify(lines));
      else localStorage.removeItem(this.name);
    } catch {
      // Said by the count that stays.
    }
  }

  add(line) {
    this.lines = [...this.lines, line];
    this.flush();
  }

  // One at a time, also between tabs: an answer and the undo of it stay in their order.
  flush() {
    const send = () => this.#send();
    this.sending = (this.sending ?? Promise.resolve()).then(() =>
      navigator.locks ? navigator.locks.request(this.name, send) : send(),
    );
    return this.sending;
  }

  async #send() {
    const lines = this.lines;
    if (!lines.length) return this.#say({ isStuck: false, isSignedOut: false });
    clearTimeout(this.retry);
    try {
      const answer = await fetch(this.url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.token },
        credentials: "same-origin",
        redirect: "manual",
        body: JSON.stringify({ sent: Date.now(), lines: lines.slice(0, 200) }),
      });
      if (answer.type === "opaqueredirect" || answer.status === 403) return this.#say({ isStuck: true, isSignedOut: true });
      if (!answer.ok) throw new Error(`${answer.status}`);
      this.#settle((await answer.json()).results);
    } catch {
      this.retry = setTimeout(() => this.flush(), this.pause);
      this.pause = Math.min(this.pause * 2, SLOWEST);
      this.#say({ isStuck: true });
    }
  }

  #settle(results) {
    const settled = new Set(results.map((result) => result.id));
    this.lines = this.lines.filter((line) => !settled.has(line.id));
    this.pause = 1000;
    this.undone = results.findLast((result) => result.item)?.item;
    const refused = results.filter((result) => !result.ok).map((result) => result.message);
    const told = results.filter((result) => result.ok && result.message).map((result) => result.message);
    this.#say({ isStuck: false, isSignedOut: false, refused: refused.join(" "), told: told.join(" ") });
    if (this.lines.length) this.retry = setTimeout(() => this.flush());
  }

  #say(state) {
    Object.assign(this.state, { count: this.lines.length, refused: "", told: "" }, state);
    this.changed(this.state);
  }
}
