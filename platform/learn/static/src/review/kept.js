// Answers to questions that found no connection: kept as they were typed, and posted when there is one
// again. The server takes the first answer of each asking, so twice is once.

export class Kept {
  constructor(name, token) {
    Object.assign(this, { name, token });
    window.addEventListener("online", () => this.flush());
  }

  get forms() {
    try {
      return JSON.parse(localStorage.getItem(this.name)) ?? [];
    } catch {
      return this.memory ?? [];
    }
  }

  set forms(forms) {
    this.memory = forms; // where there is no storage, they last as long as the page
    try {
      if (forms.length) localStorage.setItem(this.name, JSON.stringify(forms));
      else localStorage.removeItem(this.name);
    } catch {
      // Nothing more can be done.
    }
  }

  add(form) {
    const body = new URLSearchParams(new FormData(form));
    body.delete("csrfmiddlewaretoken"); // of this page; another one sends it
    const url = form.getAttribute("hx-post");
    this.forms = [...this.forms.filter((one) => one.asked !== body.get("asked")), { url, asked: body.get("asked"), body: `${body}`, at: Date.now() }];
    this.#later();
  }

  // Until all are sent or the connection is gone again.
  async flush() {
    const send = async () => {
      for (const form of this.forms) {
        const answer = await fetch(form.url, {
          method: "POST",
          headers: { "Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": this.token, "HX-Request": "true" },
          credentials: "same-origin",
          redirect: "manual",
          body: `${form.body}&at=${form.at}&sent=${Date.now()}`,
        });
        if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status >= 500) return this.#later();
        this.forms = this.forms.filter((one) => one.asked !== form.asked);
      }
    };
    try {
      await (navigator.locks ? navigator.locks.request(this.name, send) : send());
    } catch {
      this.#later();
    }
  }

  #later() {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.flush(), 10_000);
  }
}
