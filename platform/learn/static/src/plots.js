// Finds the interactive figures of a page, <figure class="plot" data-plot="NAME" …>, and gives each to
// plots/NAME.js: `export default function (figure) {…}` draws into it, with its data attributes as settings.
// A module of that name is all there is to register; one that fails leaves the page as it was, and says so.

const WORDS = {
  en: "This figure could not be drawn.",
  zh: "这张图没能画出来。",
};

async function draw(figure) {
  figure.dataset.drawn = "";
  try {
    const module = await import(`./plots/${figure.dataset.plot}.js`);
    await module.default(figure);
  } catch (error) {
    const note = document.createElement("p");
    note.className = "quiet";
    note.textContent = WORDS[document.documentElement.lang.slice(0, 2)] ?? WORDS.en;
    figure.replaceChildren(note);
    console.error(`plot ${figure.dataset.plot}:`, error);
  }
}

// Drawn when it comes near: a lesson opens without waiting for its figures.
const nearing = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      nearing.unobserve(target);
      draw(target);
    }
  },
  { rootMargin: "400px" },
);

function find(root) {
  for (const figure of root.querySelectorAll(".plot[data-plot]:not([data-drawn])")) nearing.observe(figure);
}

find(document);
document.addEventListener("htmx:load", (event) => find(event.target.parentElement ?? document));
