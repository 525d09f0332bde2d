/* Single keys, while the queue has the focus and no field has: nothing that a browser, a screen
   reader or a keyboard of another script means otherwise is taken. */

const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, dialog, [contenteditable]";
const ARROWS = { ArrowDown: "next", ArrowUp: "previous" };
/** A key that is held down moves on; it does not decide. */
const MOVES = new Set(["next", "previous"]);

/** Do `acts[name]` for the key of each name in `wishes.keys`; "shift name" with the shift key. */
export function keys(queue, wishes, acts) {
  if (!wishes.on) return;
  const names = Object.fromEntries(Object.entries(wishes.keys).map(([name, key]) => [key, name]));

  document.addEventListener("keydown", (event) => {
    if (!isOurs(event, queue)) return;
    const name = meant(event, names);
    if (!acts[name]) return;
    event.preventDefault();
    if (!event.repeat || MOVES.has(name)) acts[name]();
  });
}

function isOurs(event, queue) {
  const { target } = event;
  const isOther = event.ctrlKey || event.altKey || event.metaKey || event.isComposing;
  if (isOther || event.defaultPrevented || document.querySelector("dialog[open], [aria-busy=true]")) return false;
  // Where nothing has the focus, after a click beside everything, the queue has it.
  return target === document.body || (queue.contains(target) && !target.closest(FIELDS));
}

function meant(event, names) {
  if (ARROWS[event.key]) return event.target.matches("article, body") && ARROWS[event.key];
  const typed = event.key.toLowerCase();
  // On a keyboard of another script the key in this place is meant, unless it was chosen itself.
  const key = names[typed] || typed.length !== 1 || /[!-~]/.test(typed) ? typed : placed(event);
  const isLetter = key !== key.toUpperCase();
  return event.shiftKey && isLetter ? names[key] && `shift ${names[key]}` : names[key];
}

const placed = (event) => event.code.replace(/^Key/, "").toLowerCase();
