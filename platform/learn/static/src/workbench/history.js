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
      else await show(await fetch(button.href, { redirect: "error" }));
    } catch {
      notify(words.unreachable);
    }
  });

  async function restore(url) {
    const response = await fetch(url, { redirect: "error" });
    if (!response.ok) throw new Error(response.statusText);
    editor.replace(await response.text());
    panes.show("editor");
    root.dispatchEvent(new CustomEvent("workbench:replaced", { detail: words.restored }));
  }

  async function compare(url) {
    const body = new URLSearchParams({ source: editor.text() });
    await show(await fetch(url, { method: "POST", headers: { "X-CSRFToken": token }, body, redirect: "error" }));
  }

  async function show(response) {
    if (!response.ok) throw new Error(response.statusText);
    dialog.replaceChildren(document.createRange().createContextualFragment(await response.text()));
    dialog.showModal();
  }

  // A click beside the dialog closes it.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}
