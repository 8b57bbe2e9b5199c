// Earlier tries: bring one back into the editor, or see what changed since. Other ways, for who has passed.

export function bringBack({ root, editor, words, notify, panes }) {
  const dialog = root.querySelector(".wb-dialog");
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;

  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-restore], [data-compare], [data-dialog]");
    if (!button) return;
    event.preventDefault();
    try {
      if (button.dataset.restore) await restore(button.dataset.restore);
      else if (button.dataset.compare) await compare(button.dataset.compare);
      else await show(await fetch(button.href, { headers: { "HX-Request": "true" }, redirect: "error" }));
    } catch (error) {
      notify(error.sentence ?? words.unreachable);
    }
  });

  async function restore(url) {
    const response = await answered(await fetch(url, { redirect: "error" }));
    editor.replace(await response.text());
    panes.show("editor");
    root.dispatchEvent(new CustomEvent("workbench:replaced", { detail: words.restored }));
  }

  async function compare(url) {
    const body = new URLSearchParams({ source: editor.text() });
    await show(await fetch(url, { method: "POST", headers: { "X-CSRFToken": token }, body, redirect: "error" }));
  }

  async function show(response) {
    const html = await (await answered(response)).text();
    dialog.replaceChildren(document.createRange().createContextualFragment(html));
    dialog.showModal();
  }

  // A click beside the dialog closes it.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}

// An answer, or what was said in its place: only 403 comes with a sentence for the learner.
async function answered(response) {
  if (response.ok) return response;
  throw Object.assign(new Error(response.statusText), response.status === 403 ? { sentence: await response.text() } : {});
}
