/* The queue without loading a page: a card leaves as it is decided, the next one is there already,
   and everything can be taken back. Without this script the same forms lead from page to page. */

import { asking, helping } from "./asking.js";
import { keys } from "./keys.js";
import { panels } from "./panels.js";
import { line, piece } from "./sending.js";
import { session } from "./session.js";
import { swiping } from "./swiping.js";

/** Cards drawn at once, and cards in hand before more are fetched. */
const DRAWN = 12;
const ENOUGH = 60;
/** Milliseconds, where nothing is left and nothing could be fetched. */
const LATER = 5_000;

const queue = document.getElementById("queue");
const list = queue.querySelector("[data-cards]");
const bar = queue.querySelector(".workbar");
const told = queue.querySelector("[data-told]");
const tab = document.querySelector(".statuses [aria-current] [data-count]");
const undoButton = queue.querySelector("[data-undo]");
const showButton = queue.querySelector("[data-show]");
const onward = queue.querySelector("[data-next]");
const selection = document.getElementById("selection"); // Where decisions in bulk begin.
const texts = Object.fromEntries(
  [...queue.querySelectorAll("[data-texts] > li")].map((one) => [one.dataset.text, one.textContent]),
);
const wishes = JSON.parse(queue.dataset.preferences);
const number = new Intl.NumberFormat(document.documentElement.lang);
const phone = matchMedia("(max-width: 40rem)");
const { decisionsUrl, undoUrl, allDecisionsUrl, allUndoUrl, cardUrl, shown } = queue.dataset;
const token = queue.querySelector("[name=csrf_token]").value;

let current = list.querySelector(".card--current");
let left = Number(queue.dataset.total);
let next = onward?.getAttribute("href");
let isFetching = false;
const spare = []; // Cards in hand that are not drawn yet.
const known = new Set(); // Every comment that was ever in hand.
const ends = new Map(); // Where the list goes on, by the last comment of each page.
const places = new Map(); // Where each stood, so that it returns there.

const sent = line((waiting) => tell(texts.unsent.replace("%(number)s", number.format(waiting))));
const mine = session(queue, wishes);

// What is said, and what is left

/** Say what happened: to which card, and whether it can be taken back from here. */
function tell(words, { about, canUndo = false } = {}) {
  const said = document.createElement("p");
  said.textContent = words;
  told.replaceChildren(said);
  undoButton.hidden = !canUndo || !mine.done.length;
  showButton.hidden = !about;
  showButton.onclick = () => goTo(about);
}

function count(change) {
  left = Math.max(0, left + change);
  if (!tab) return;
  // Of this status there may be more than the list shows: it may be filtered.
  tab.dataset.count = Math.max(0, Number(tab.dataset.count) + change);
  tab.textContent = number.format(tab.dataset.count);
  document.title = document.title.replace(/\([^)]*\)/, `(${tab.textContent})`);
}

// Cards

const drawn = () => [...list.children];

/** Take cards into one's hand; those that were there before are left. */
function take(cards) {
  for (const card of cards) {
    if (known.has(card.dataset.comment)) continue;
    known.add(card.dataset.comment);
    places.set(card.dataset.comment, places.size);
    spare.push(card);
  }
}

function goTo(card, { isCalm = false } = {}) {
  if (!card) return;
  current?.classList.remove("card--current");
  current = card;
  card.classList.add("card--current");
  const more = card.querySelector("[data-more]");
  if (more) more.hidden = !phone.matches;
  card.focus({ preventScroll: true });
  const { top, bottom } = card.getBoundingClientRect();
  const isInSight = top >= bar.getBoundingClientRect().bottom && bottom <= innerHeight;
  if (!isInSight && !isCalm) card.scrollIntoView({ block: "start" });
}

/** The card goes, and the next one has the focus. */
function leave(card) {
  const after = card.nextElementSibling ?? card.previousElementSibling;
  const isCurrent = card === current;
  open.close(card);
  card.remove();
  draw();
  if (isCurrent) goTo(after ?? list.firstElementChild);
  if (!list.firstElementChild) end();
}

/** Put a card where it stood before, among those that are there now. */
function putBack(card) {
  const place = places.get(card.dataset.comment) ?? -1;
  const after = drawn().find((one) => places.get(one.dataset.comment) > place);
  const top = current?.getBoundingClientRect().top;
  list.insertBefore(card, after ?? null);
  // What somebody is reading stays where it is.
  if (current?.isConnected) scrollBy(0, current.getBoundingClientRect().top - top);
  queue.querySelector("[data-done]").hidden = true;
}

function draw(most = DRAWN) {
  while (list.children.length < most && spare.length) append(spare.shift());
  fetchMore();
}

/** The link below leads on from the last page of which all is drawn. */
function append(card) {
  list.append(card);
  const further = ends.get(card.dataset.comment);
  if (further === undefined) return;
  onward.hidden = !further;
  if (further) onward.href = further;
}

function end() {
  current = null;
  if (next || isFetching) return tell(texts.fetching);
  const words = queue.querySelector("[data-done]");
  words.hidden = false;
  words.tabIndex = -1;
  words.focus();
}

async function fetchMore() {
  if (isFetching || !next || list.children.length + spare.length >= ENOUGH) return;
  isFetching = true;
  const before = sent.length ? NaN : left;
  let found = [];
  try {
    const { page } = await piece(next);
    page.querySelector(".card--current")?.classList.remove("card--current");
    found = [...page.querySelectorAll("[data-cards] > article")];
    take(found.map((one) => document.adoptNode(one)));
    next = page.querySelector("a[rel=next]")?.getAttribute("href");
    if (spare.length) ends.set(spare.at(-1).dataset.comment, next ?? "");
    // Others have come meanwhile, or were decided by somebody else. Where anything was decided here,
    // the page may have been drawn before it or after: then one's own count is as good.
    if (before === left) count(Number(page.getElementById("queue").dataset.total) - left);
  } catch {
    // There may be a connection when the next one leaves, or in a while.
    isFetching = false;
    if (!list.firstElementChild) setTimeout(fetchMore, LATER);
    return;
  }
  isFetching = false;
  // A filter may find nothing for a long while: then it is looked further only where that is missed.
  if (found.length || !list.firstElementChild) draw();
  if (!current) goTo(list.firstElementChild);
  if (!list.firstElementChild) end();
}

/** The card as it is now, from the service; `wanted` is what somebody else was faster than. */
async function anew(comment, wanted = "") {
  const address = new URL(cardUrl.replace("COMMENT", comment), location);
  address.searchParams.set("wanted", wanted);
  address.searchParams.set("next", location.pathname + location.search);
  const { page } = await piece(address);
  const card = document.adoptNode(page.querySelector("article"));
  known.add(comment);
  return card;
}

// Decisions

/** Decide on a card, or on all that it stands for; or on one of these alone, a row of its panel. */
function decide(card, status, reason = "", note = "") {
  const { comment, version, members } = card.dataset;
  const isRow = card.matches("[data-member]");
  const made = { comment, card: isRow ? undefined : card, number: members?.split(" ").length ?? 1 };
  if (isRow) made.of = card.closest("article");
  count(-made.number);
  const about = members ? { comment, members } : { comment, version };
  const body = { csrf_token: token, ...about, status, reason, note, left, list: shown };
  mine.done.push(made);
  // Before the card leaves, since that may fetch more, with a count of what is left.
  sent.add({
    action: members ? allDecisionsUrl : decisionsUrl,
    body: () => body,
    settle: (answer) => (answer.code === 200 ? decided(made, answer) : refused(made, answer, status)),
  });
  if (isRow) takeApart(card);
  else leave(card);
}

function decided(made, answer) {
  made.decision = answer.decision;
  made.batch = answer.batch;
  if (answer.version) made.card?.setAttribute("data-version", answer.version);
  mine.decided(made.number - (answer.waits ?? 0));
  tell(answer.said, { canUndo: true });
  if (made.of) renew(made.of);
  if (!answer.again) return;
  // Some changed meanwhile, or came since: they have a card of their own.
  count(answer.waits);
  anew(answer.again).then(putBack, () => {});
}

async function refused(made, answer, status) {
  const index = mine.done.indexOf(made);
  if (index >= 0) mine.done.splice(index, 1);
  if (!made.card) {
    await fetched(made);
    return tell(answer.said ?? texts.failed);
  }
  // Taken back in the meantime, it is counted, and stands there, already.
  if (index >= 0) count(made.number);
  if (answer.code !== 409) {
    putBack(made.card);
    if (!current) goTo(made.card);
    return tell(answer.code === 401 ? texts.signed_out : texts.failed, { about: made.card });
  }
  try {
    const card = await anew(made.comment, status);
    made.card.remove();
    putBack(card);
    // Whoever has gone on is not called back: their next key would meet another comment.
    if (!current || current === made.card) goTo(card);
    tell(answer.said, { about: card });
  } catch {
    putBack(made.card);
    tell(answer.said, { about: made.card });
  }
}

function undo() {
  const made = mine.done.pop();
  if (!made) return tell(texts.nothing);
  if (made.card) {
    count(made.number);
    putBack(made.card);
    goTo(made.card);
  }
  const of = () => (made.batch ? { batch: made.batch } : made.decision && { decision: made.decision });
  sent.add({
    // Which it is is known as soon as the decision itself was answered.
    get action() {
      return made.batch ? allUndoUrl : undoUrl;
    },
    // Where the decision itself was refused, there is nothing to be taken back.
    body: () => of() && { csrf_token: token, ...of(), left, list: shown },
    settle: (answer) => undone(made, answer),
  });
}

async function undone(made, answer) {
  if (!answer.code) return;
  if (answer.code === 200) mine.undone();
  const back = made.batch ? (answer.members ?? "").split(" ").filter(Boolean).length : made.number;
  if (answer.code === 200 && back !== made.number) count(back - made.number);
  const isBack = answer.code === 200 && made.card && back === made.number;
  if (isBack) {
    if (made.batch) made.card.dataset.members = answer.members;
    else made.card.setAttribute("data-version", answer.version);
    return tell(answer.said, { canUndo: true });
  }
  if (answer.code === 200 || answer.code === 409) await fetched(made);
  tell(answer.said ?? texts.failed, { canUndo: answer.code === 200 });
}

/** A card that was decided before this page was loaded, or that somebody else has changed. */
async function fetched(made) {
  const card = await anew(made.comment).catch(() => null);
  if (!card) return;
  if (made.card) made.card.remove();
  else count(card.dataset.members?.split(" ").length ?? 1);
  document.getElementById(card.id)?.remove();
  putBack(card);
  goTo(card);
}

/** A row of a card that stands for several goes; the others stay. */
function takeApart(row) {
  const panel = row.closest(".card__panel");
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  (next?.querySelector("button") ?? panel).focus();
}

/** The card without what was decided alone; what is open in it stays open. */
async function renew(card) {
  const fresh = await anew(card.dataset.comment).catch(() => null);
  if (!fresh || !card.isConnected) return;
  const panel = fresh.dataset.members && card.querySelector(".card__panel");
  const focused = document.activeElement;
  const isCurrent = card === current;
  if (panel) fresh.append(panel);
  card.replaceWith(fresh);
  if (isCurrent) goTo(fresh, { isCalm: true });
  if (panel?.contains(focused)) focused.focus({ preventScroll: true });
}

// What hands do

const open = panels(list, { tell, texts, goTo, leave: (card) => (count(-1), leave(card)) });
const why = asking(queue, decide);
const help = helping(queue);

queue.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-deciding]")) return;
  event.preventDefault();
  const chosen = new FormData(form);
  decide(
    form.closest("[data-member]") ?? form.closest("article"),
    event.submitter.value,
    chosen.get("reason") ?? "",
    chosen.get("note") ?? "",
  );
});

queue.addEventListener("click", (event) => {
  const keep = event.target.closest("[data-keep]");
  const more = event.target.closest("[data-more]");
  if (keep) {
    event.preventDefault();
    count(-1);
    leave(keep.closest("article"));
  } else if (more) {
    const isOpen = more.closest("article").classList.toggle("card--more");
    more.setAttribute("aria-expanded", isOpen);
  }
});

list.addEventListener("focusin", (event) => {
  const card = event.target.closest("article");
  if (!card || card === current) return;
  current?.classList.remove("card--current");
  card.classList.add("card--current");
  current = card;
});

undoButton.addEventListener("click", undo);
addEventListener("beforeunload", (event) => {
  if (sent.length) event.preventDefault();
});

// The selection: boxes in the cards that belong to a form of their own

const box = (card) => card?.querySelector("input[form=selection]");
const everything = selection?.querySelector("input[name=query]");
const selected = () => list.querySelectorAll("input[form=selection]:checked").length;
const isAnything = () => selected() > 0 || Boolean(everything?.checked);

function tick(one) {
  if (!one) return;
  one.checked = !one.checked;
  showSelected();
  const words = everything.checked ? texts.everything : texts.selected;
  tell(words.replace("%(number)s", number.format(selected())));
}

function showSelected() {
  selection.classList.toggle("selection--on", isAnything());
}

/** Decide on all that is ticked: on a page that shows first what that would be. */
function decideSelected(status) {
  const button = selection?.querySelector(`[name=status][value=${status}]`);
  if (button) selection.requestSubmit(button);
}

selection?.addEventListener("submit", async (event) => {
  if (!isAnything()) {
    event.preventDefault();
    tell(texts.none_selected);
  } else if (sent.length) {
    event.preventDefault();
    await sent.done();
    selection.requestSubmit(event.submitter);
  }
});
if (selection) document.addEventListener("change", showSelected);

// Keys

/** What a card has under this name, or its own page. */
function press(name) {
  const button = current?.querySelector(`[data-key=${name}]`);
  if (button) button.click();
  else if (current) open.fromPage(current, name);
}

const step = (card) => {
  if (!card) draw(list.children.length + DRAWN);
  goTo(card ?? current?.nextElementSibling ?? current ?? list.firstElementChild);
};

keys(queue, wishes, {
  next: () => step(current?.nextElementSibling),
  previous: () => goTo(current?.previousElementSibling ?? current),
  approve: () => current && decide(current, "approved"),
  reject: () => current && why(current),
  spam: () => current && decide(current, "spam"),
  undo,
  select: () => tick(box(current)),
  conversation: () => press("conversation"),
  history: () => press("history"),
  lookalikes: () => press("lookalikes"),
  note: () => press("note"),
  block: () => press("block"),
  trust: () => press("trust"),
  open: () => openPage(current?.querySelector("[data-open]")),
  search: () => document.getElementById("filter-q")?.focus(),
  help,
  "shift approve": () => decideSelected("approved"),
  "shift reject": () => decideSelected("rejected"),
  "shift spam": () => decideSelected("spam"),
  "shift select": () => tick(everything),
});

function openPage(link) {
  if (link) window.open(link.href, "_blank", "noopener,noreferrer");
}

swiping(list, phone, {
  approve: (card) => decide(card, "approved"),
  reject: (card) => decide(card, "rejected"),
});

// To begin with

take(drawn());
spare.length = 0;
const first = location.hash.startsWith("#comment-") && document.getElementById(location.hash.slice(1));
// Nothing moves at the beginning, but where an address or a small screen wants one card alone.
if (document.activeElement === document.body) {
  goTo(first || list.firstElementChild, { isCalm: !first && !phone.matches });
}
draw();
