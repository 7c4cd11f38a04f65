// The search on the first page. Its index is a page of the site, /search.json: every
// tea with the words that it is found by, folded to lower case without accents.
const form = document.querySelector(".search");
const found = document.querySelector("#found");
const fold = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

let index; // a promise of it, once somebody is about to search
const load = () => (index ??= fetch("/search.json").then((answer) => answer.json()));

async function search(text) {
  const words = fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];
  const teas = words.length ? (await load()).filter((tea) => words.every((word) => tea.words.some((w) => w.startsWith(word)))) : [];
  const items = teas.map((tea) => {
    const link = Object.assign(document.createElement("a"), { href: `/tea/${tea.slug}`, textContent: tea.name });
    const item = document.createElement("li");
    item.append(link, ` ${tea.kind}, ${tea.origin}`);
    return item;
  });
  if (words.length && !items.length)
    items.push(Object.assign(document.createElement("li"), { textContent: "No tea has all of these words." }));
  if (text === form.q.value) found.replaceChildren(...items);
}

form.q.addEventListener("focus", load);
form.q.addEventListener("input", () => search(form.q.value));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  found.querySelector("a")?.click();
});
form.hidden = false;
if (form.q.value) search(form.q.value);
