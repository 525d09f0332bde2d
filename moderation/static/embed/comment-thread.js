// The thread of one page, drawn in a shadow tree of its own: one script and one JSON request,
// no cookie, nothing from anywhere else. The server puts the style sheet into the next line.
import { avatar, el, near, write } from "./drawing.js";
import { replyForm } from "./reply-form.js";
import { call, keep, linkTo, pageOf, recall, ROOT } from "./service.js";

const STYLES = "";

const MAX_DEPTH = 5;
const REMEMBERED = 6048e5;
const UNITS = { year: 31536e3, month: 2592e3, week: 604800, day: 86400, hour: 3600, minute: 60 };
const ENGLISH = { "{n} replies": { one: "{n} reply", other: "{n} replies" } };

const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLES);

function openThread(host) {
  let life;
  let form;
  let formKey;
  let items;
  let cursor;
  let count;
  let open;
  let waiting;
  let texts = ENGLISH;
  let lang;

  const root = el("section.thread", { "aria-labelledby": "heading" });
  const fallback = el("slot");
  const heading = el("h2.heading", { id: "heading" });
  const sort = el("button.quiet.sort", { click: turn });
  const list = el("ol.list");
  const notice = el("div.alert", { role: "alert" });
  const more = el("button.wide.more", { click: showMore });
  const foot = el("div.foot");
  const live = el("p.unseen", { role: "status" });
  const tools = { host, say, ask, emit, report, foot, live, taken };
  // Else the host's title attribute would be a tooltip over everything.
  root.title = "";
  root.append(fallback, el("div.row", heading, sort), list, notice, more, foot, live);
  // What a static page brought along (a fragment) is read until there is something to put in its
  // place. Attaching takes it out of the tree.
  const served = [...(host.shadowRoot?.childNodes ?? [])];
  root.hidden = served[0];
  host.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
  host.shadowRoot.append(...served, root);

  // The reader's language: the texts came with the thread, by the English ones.
  function say(text, values) {
    const found = texts[text] ?? text;
    const form = found[new Intl.PluralRules(lang).select(values?.n ?? 0)] ?? found.other ?? found;
    return form.replace(/{(\w+)}/g, (_, name) => values[name].toLocaleString(lang));
  }

  const is = (name, value) => host.getAttribute(name) === value;

  function stop() {
    life?.abort();
  }

  // Of several attributes changed at once only the last start loads.
  async function start() {
    stop();
    life = new AbortController();
    const { signal } = life;
    await 0;
    if (signal.aborted) return;
    root.toggleAttribute("data-reserve", !root.hidden);
    addEventListener("hashchange", visit, { signal });
    const clock = setInterval(() => root.querySelectorAll("time").forEach(tell), 60_000);
    signal.addEventListener("abort", () => clearInterval(clock));
    if (!is("loading", "lazy") || location.hash) load();
    else near(host, signal, load);
  }

  function ask(name, query, options) {
    const asked = { ...query, lang: host.closest("[lang]")?.lang };
    return call(host.getAttribute("site"), name, Object.entries(asked), { signal: life.signal, ...options });
  }

  function emit(name, detail, cancelable) {
    return host.dispatchEvent(new CustomEvent(`thread:${name}`, { detail, cancelable, bubbles: true, composed: true }));
  }

  const fetchPage = (after) => ask("thread", { page: pageOf(host), sort: host.getAttribute("sort"), after });

  async function load() {
    const { signal } = life;
    try {
      const answer = await fetchPage();
      draw(answer);
      emit("ready", { thread: answer.thread });
      visit();
    } catch (error) {
      if (!signal.aborted) fail(error, load);
    }
  }

  function report({ status = 0, detail }) {
    detail ??= navigator.onLine
      ? say("The comment service cannot be reached. Please try again.")
      : say("You are offline. Please try again when you are connected.");
    emit("error", { status, detail });
    return detail;
  }

  function take() {
    served.splice(0).forEach((node) => node.remove());
    root.hidden = false;
  }

  function fail(error, again) {
    take();
    notice.replaceChildren(report(error), " ", el("button.quiet.retry", { click: again }, say("Try again")));
  }

  function draw({ thread, comments, next, ...spoken }) {
    texts = spoken.texts ?? ENGLISH;
    lang = spoken.lang ?? "en-GB";
    root.lang = lang;
    root.dir = spoken.dir ?? "ltr";
    fallback.hidden = true;
    open = thread.open;
    items = new Map();
    waiting = JSON.parse(recall(mine()) || "[]").filter((one) => Date.now() - new Date(one.created_at) < REMEMBERED);
    more.textContent = say("Show more replies");
    sort.textContent = is("sort", "newest") ? say("Oldest first") : say("Newest first");
    tally(thread.count);
    drawForm();
    list.replaceChildren();
    append(comments, next);
    take();
    settle();
  }

  function turn() {
    host.setAttribute("sort", is("sort", "newest") ? "oldest" : "newest");
  }

  const mine = () => `comment-thread ${host.getAttribute("site")} ${pageOf(host)} waiting`;

  function drawForm() {
    const page = pageOf(host);
    foot.replaceChildren();
    if (!open) return foot.append(el("p.note.closed", say("Replies are closed.")));
    const key = [host.getAttribute("site"), page, lang].join();
    if (key === formKey) form.moveTo();
    else form = replyForm(tools, page);
    formKey = key;
    near(foot, life.signal, form.prepare);
  }

  // The space kept while loading goes only when nothing that the reader sees would move.
  function settle() {
    const end = foot.getBoundingClientRect().bottom;
    const start = host.getBoundingClientRect().top;
    root.toggleAttribute("data-reserve", Math.max(end, start) < innerHeight);
  }

  function tally(n) {
    count = n;
    heading.textContent = n ? say("{n} replies", { n }) : say("No replies yet");
    sort.hidden = n < 2;
  }

  function append(comments, next) {
    notice.replaceChildren();
    cursor = next;
    more.hidden = !next;
    for (const comment of comments) place(comment);
    // The reader's own, which nobody else sees yet.
    waiting = waiting.filter(({ id }) => !comments.some((one) => one.id === id));
    keep(mine(), waiting.length && JSON.stringify(waiting.map((one) => ({ ...one, status: "" }))));
    for (const one of waiting) if (!one.parent || items.has(one.parent)) place(one, true);
  }

  async function grow() {
    const { comments, next } = await fetchPage(cursor);
    append(comments, next);
    return items.get(comments[0]?.id);
  }

  async function showMore() {
    try {
      (await grow())?.article.focus();
    } catch (error) {
      fail(error, showMore);
    }
  }

  // Beyond the deepest level a reply stays beside the one it answers, and says whom.
  function place(comment, own) {
    const { id } = comment;
    const above = items.get(comment.parent);
    if (items.has(id)) return;
    const depth = (above?.depth ?? 0) + 1;
    const into = above?.replies ?? list;
    const article = drawComment(comment, depth > MAX_DEPTH && above.comment.author);
    const replies = depth < MAX_DEPTH ? el("ol.replies") : into;
    const node = el("li", article, depth < MAX_DEPTH && replies);
    items.set(id, { comment, article, depth, replies });
    if (own && !above && is("sort", "newest")) into.prepend(node);
    else into.append(node);
  }

  function drawComment(comment, above) {
    const node = el("article.comment", { id: `comment-${comment.id}`, tabindex: -1, "aria-label": comment.author.name });
    if (comment.deleted) node.append(el("p.note.gone", say("This reply was deleted.")));
    else node.append(avatar(comment.author.avatar), el("div", words(comment, above)));
    return node;
  }

  function words(comment, above) {
    const { id, author, status, status_url, html } = comment;
    const waits = status_url && status !== "approved";
    const reply = { "aria-label": say("Reply to {name}", author), click: () => replyTo(comment) };
    const complaint = { href: `${ROOT}comments/${id}/report`, rel: "nofollow", "aria-label": say("Report the reply by {name}", author) };
    return [
      by(comment, above),
      waits && isWaiting(comment),
      write(el("div.body", { dir: "auto", lang: host.closest("[lang]")?.lang }), html),
      !waits && el("div.deeds", open && el("button.quiet.reply", reply, say("Reply")), el("a.note.report", complaint, say("Report"))),
    ];
  }

  function by({ id, parent, author, created_at, edited_at }, above) {
    const { name, website, moderator } = author;
    const link = { href: website, rel: "nofollow ugc noopener noreferrer" };
    return el(
      "header.by",
      el("bdi.name", /^https?:/i.test(website) ? el("a", link, name) : name),
      moderator && el("span.mark", say("Moderator")),
      linked(id, tell(el("time", { datetime: created_at, title: exact(created_at) }))),
      edited_at && el("span.note", { title: exact(edited_at) }, say("edited")),
      above && linked(parent, say("in reply to {name}", above)),
    );
  }

  const exact = (moment) => new Date(moment).toLocaleString(lang, { dateStyle: "long", timeStyle: "short" });

  function tell(time) {
    const seconds = (Date.now() - new Date(time.dateTime)) / 1000;
    const [unit, length] = Object.entries(UNITS).find(([, length]) => length <= seconds) ?? ["second", Infinity];
    time.textContent = new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(-Math.floor(seconds / length), unit);
    return time;
  }

  // A link to where the page already is changes no hash, so the click shows the comment by itself.
  const linked = (id, content) => el("a.when", { href: linkTo(id), click: () => show(id) }, content);

  // What the browser kept may have been decided on meanwhile.
  const isWaiting = ({ status, status_url }) =>
    el(
      "p.waits",
      status ? say("Your reply waits for a moderator. Only you can see it here.") : say("Only you can see this reply until it is published."),
      " ",
      el("a", { href: status_url }, say("See its status")),
    );

  function replyTo(comment) {
    form.moveTo(comment, items.get(comment.id).article);
    form.focus();
  }

  // The reader's own new reply, in its place though nobody else may see it yet.
  function taken({ id, status, status_url, comment }) {
    const own = { status, status_url, ...comment };
    const published = status === "approved";
    if (published) tally(count + 1);
    else waiting.push(own);
    append([], cursor);
    place(own, true);
    show(id);
    live.textContent = published ? say("Your reply was posted.") : say("Your reply waits for a moderator. Only you can see it here.");
    emit("posted", { id, status, comment });
  }

  async function visit() {
    const id = location.hash.match(/^#comment-(.+)/)?.[1];
    if (!id || !items) return;
    try {
      while (cursor && !items.has(id)) await grow();
      if (!items.has(id)) notice.textContent = say("The reply that this link leads to is no longer here.");
    } catch {}
    show(id);
  }

  function show(id) {
    const article = items.get(id)?.article;
    if (!article) return;
    root.querySelector("[data-marked]")?.removeAttribute("data-marked");
    article.toggleAttribute("data-marked", true);
    article.scrollIntoView({ block: "center" });
    article.focus({ preventScroll: true });
  }

  return { start, stop };
}

export class CommentThread extends HTMLElement {
  static observedAttributes = ["site", "page", "sort", "lang", "loading"];

  #thread;

  connectedCallback() {
    this.#thread ??= openThread(this);
    this.#thread.start();
  }

  disconnectedCallback() {
    this.#thread.stop();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#thread?.start();
  }
}
