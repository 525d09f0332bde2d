/* What else there is about a comment, opened in its card: the conversation, its history, comments
   like it, notes, an answer. Each is a link to the card's own page where no script runs. */

import { piece } from "./sending.js";

/** Parts that somebody writes in. */
const WRITTEN = new Set(["note", "answer"]);

export function panels(list, { tell, texts, goTo, leave }) {
  const here = () => list.querySelector(".card__panel");

  function close(card) {
    const panel = here();
    if (!panel || (card && !card.contains(panel))) return;
    panel.closest("article").querySelector("[data-part][aria-expanded=true]")?.setAttribute("aria-expanded", false);
    panel.remove();
  }

  async function toggle(link) {
    const card = link.closest("article");
    const isOpen = link.getAttribute("aria-expanded") === "true";
    close();
    goTo(card);
    if (isOpen) return;
    // Whoever begins to write at once means words, and not keys that decide.
    card.ariaBusy = WRITTEN.has(link.dataset.key);
    try {
      const { page } = await piece(link.dataset.part);
      show(card, link, page.body.childNodes);
    } catch (error) {
      tell(texts[error.message]);
    }
    card.ariaBusy = null;
  }

  /** A section of the card's own page, with its button of this name ready to be pressed. */
  async function fromPage(card, name) {
    try {
      const { page } = await piece(card.querySelector(".card__name a").href);
      const button = page.querySelector(`[data-key=${name}]`);
      if (!button) return;
      show(card, null, [button.closest("section")]);
      button.focus();
    } catch (error) {
      tell(texts[error.message]);
    }
  }

  function show(card, link, nodes) {
    // It may have been decided while this was on its way.
    if (!card.isConnected) return;
    close();
    const panel = document.createElement("div");
    panel.className = "card__panel";
    panel.tabIndex = -1;
    panel.append(...[...nodes].map((one) => document.adoptNode(one)));
    card.append(panel);
    link?.setAttribute("aria-expanded", true);
    const target = panel.querySelector("textarea") ?? panel;
    target.focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  }

  /** Send what was written in a panel: said to be kept, or shown again with what is wrong. */
  async function send(form) {
    const card = form.closest("article");
    const link = card.querySelector(`[data-key=${form.dataset.part}]`);
    const given = new FormData(form);
    const isApproved = given.has("approve");
    try {
      const { code, page } = await piece(form.action, given);
      if (code >= 400) return show(card, link, [again(page, form)]);
      tell(page.querySelector(".notice__text")?.textContent ?? texts.kept);
      close();
      if (isApproved) leave(card);
      else goTo(card);
    } catch (error) {
      tell(texts[error.message]);
    }
  }

  const again = (page, form) =>
    page.querySelector(`form[data-part=${form.dataset.part}]`)?.closest("section") ?? form;

  list.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-part]");
    const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.button;
    if (!link || !isPlain) return;
    event.preventDefault();
    toggle(link);
  });
  list.addEventListener("submit", (event) => {
    if (!event.target.matches(".card__panel form:not([data-undoing], [data-deciding])")) return;
    event.preventDefault();
    send(event.target);
  });
  list.addEventListener("keydown", (event) => {
    const panel = event.key === "Escape" && event.target.closest(".card__panel");
    if (!panel) return;
    const card = panel.closest("article");
    close();
    goTo(card);
  });
  return { close, fromPage };
}
