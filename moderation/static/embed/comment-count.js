import { call, pageOf } from "./service.js";

// Elements that appear together ask together, for a hundred pages at a time.
let uncounted = new Set();

function countLater(element) {
  if (!uncounted.size) setTimeout(countAll);
  uncounted.add(element);
}

function countAll() {
  const elements = [...uncounted];
  uncounted = new Set();
  const site = document.querySelector("comment-count[site], comment-thread[site]")?.getAttribute("site");
  const pages = [...new Set(elements.map(pageOf))];
  while (pages.length) countSome(site, pages.splice(0, 100), elements);
}

async function countSome(site, pages, elements) {
  const { counts } = await call(site, "counts", pages.map((page) => ["page", page])).catch(() => ({ counts: {} }));
  for (const element of elements) {
    const n = counts[pageOf(element)];
    if (n >= 0) element.textContent = n.toLocaleString();
  }
}

export class CommentCount extends HTMLElement {
  static observedAttributes = ["page"];

  connectedCallback() {
    countLater(this);
  }

  attributeChangedCallback() {
    countLater(this);
  }
}
