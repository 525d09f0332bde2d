/* The two questions that are asked in front of the cards: why it is rejected, and which keys there
   are. */

const LAST = "moderation-last-reason";

/** Ask why a card is rejected, by a digit or a click, then `decide(card, "rejected", reason)`. */
export function asking(queue, decide) {
  const dialog = queue.querySelector("[data-reasons]");
  const list = dialog.querySelector("[data-reasons-list]");
  let card;

  function ask(about) {
    card = about;
    const options = [...card.querySelectorAll("form.deciding [name=reason] option")];
    list.replaceChildren(...options.map(drawn));
    dialog.showModal();
    const last = options.findIndex((one) => one.value === sessionStorage.getItem(LAST));
    list.children[Math.max(0, last)]?.firstElementChild.focus();
  }

  function choose(reason) {
    sessionStorage.setItem(LAST, reason);
    dialog.close();
    decide(card, "rejected", reason);
  }

  list.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose(button.value);
  });
  dialog.addEventListener("keydown", (event) => {
    const other = event.ctrlKey || event.altKey || event.metaKey;
    const button = !other && /^\d$/.test(event.key) && list.children[event.key]?.firstElementChild;
    if (!button) return;
    event.preventDefault();
    choose(button.value);
  });
  return ask;
}

/** One reason. The first choice of the list is none at all: it has the digit 0. */
function drawn(option, index) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const key = document.createElement("kbd");
  button.type = "button";
  button.className = "dialog__reason";
  button.value = option.value;
  if (index < 10) key.textContent = index;
  button.append(key, " ", option.textContent);
  item.append(button);
  return item;
}

/** Show the keys. */
export function helping(queue) {
  const dialog = queue.querySelector("[data-help-dialog]");
  const button = queue.querySelector("[data-help]");
  const show = () => dialog.showModal();
  button.hidden = false;
  button.addEventListener("click", show);
  return show;
}
