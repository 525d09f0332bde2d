// Tells the others which card one looks at, and shows at which cards the others are. It keeps
// nobody from anything: where it fails, nothing is missing but the names.
const cards = document.querySelector("[data-leases]");
const EVERY = 30_000;
const SOON = 400;
const PREFIX = "comment-";
let at = "";
let soon = 0;

function look() {
  clearTimeout(soon);
  if (document.hidden) return;
  const form = new URLSearchParams({ csrf_token: cards.dataset.token });
  if (at) form.append("comment", at);
  fetch(cards.dataset.leases, { method: "POST", body: form })
    .then((answer) => (answer.ok ? answer.json() : { here: {} }))
    .then(({ here }) => show(here), () => {});
}

function show(here) {
  for (const place of document.querySelectorAll("[data-here]")) {
    const said = here[place.dataset.here] ?? "";
    if (place.textContent !== said) place.textContent = said;
  }
}

// Whoever walks through the cards is not at each of them.
function goTo(card) {
  const id = card?.id?.startsWith(PREFIX) ? card.id.slice(PREFIX.length) : "";
  if (!id || id === at) return;
  at = id;
  clearTimeout(soon);
  soon = setTimeout(look, SOON);
}

if (cards) {
  document.addEventListener("focusin", ({ target }) => goTo(target.closest(`[id^="${PREFIX}"]`)));
  document.addEventListener("visibilitychange", look);
  setInterval(look, EVERY);
  look();
}
