// The thread of one page, drawn in a shadow tree of its own: one script and one JSON request,
// no cookie, nothing from anywhere else. The server puts the style sheet into the next line.
const STYLES = "";

const API = new URL("api/v1/sites/", import.meta.url);
const SVG = "http://www.w3.org/2000/svg";
const MAX_DEPTH = 5;
const PATIENCE = 30_000;
const UNITS = { year: 31536e3, month: 2592e3, week: 604800, day: 86400, hour: 3600, minute: 60, second: 1 };

// The texts are English, so dates are too.
const LOCALE = "en-GB";

const TEXT = {
  replies: (n) => (n ? `${n.toLocaleString(LOCALE)} ${n > 1 ? "replies" : "reply"}` : "No replies yet"),
  deleted: "This reply was deleted.",
  closed: "Replies are closed.",
  more: "Show more replies",
  retry: "Try again",
  reply: "Reply",
  replyTo: (name) => `Reply to ${name}`,
  inReplyTo: (name) => `in reply to ${name}`,
  moderator: "Moderator",
  edited: "edited",
  leave: "Leave a Reply",
  cancel: "Cancel reply",
  note: "Your email address will not be published. Required fields are marked *.",
  name: "Name",
  email: "Email",
  website: "Website",
  body: "Comment",
  sum: "Sum",
  subject: "Leave this field empty",
  another: "Another sum",
  post: "Post reply",
  posted: "Your reply was posted.",
  waits: "Your reply waits for a moderator. Only you can see it here.",
  status: "See its status",
  kept: "Your text is kept.",
  offline: "The comment service cannot be reached. Please try again.",
  failed: "The comment service failed. Please try again.",
};

const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLES);

// Where a page demands Trusted Types, markup enters by this one policy: it is the HTML that
// the server has already made safe. A page that forbids the policy makes creating it throw.
let policy;
try {
  policy = window.trustedTypes?.createPolicy("comment-thread", { createHTML: (html) => html });
} catch {}

// What the service refused, as it told it: detail, errors, perhaps a fresh challenge.
const problem = (answer, status) => Object.assign(new Error(), answer, { status });

async function call(site, name, query, { signal = AbortSignal.timeout(PATIENCE), ...options } = {}) {
  const url = new URL(`${encodeURIComponent(site)}/${name}`, API);
  for (const [key, value] of query) if (value) url.searchParams.append(key, value);
  options.signal = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
  const response = await fetch(url, { credentials: "omit", ...options }).catch(() => {
    throw problem({ detail: TEXT.offline }, 0);
  });
  const answer = await response.json().catch(() => undefined);
  if (!response.ok || !answer) throw problem(answer, response.status);
  return answer;
}

// "tag.name": the name is a class for this sheet and a part for the page's own. Attributes go
// by name; a function listens to the event of that name.
function el(what, attributes, ...children) {
  const [tag, ...names] = what.split(".");
  const named = names.join(" ");
  const node = tag === "svg" || tag === "path" ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries({ class: named, part: named, ...attributes })) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value) node.setAttribute(name, value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

// Fifteen bits set cells of the left half, mirrored; the nine above them choose the hue.
function avatar(seed) {
  const n = parseInt(seed, 16);
  let d = "";
  for (let bit = 0; bit < 15; bit++) {
    for (const x of (n >> bit) & 1 ? [bit % 3, 4 - (bit % 3)] : []) d += `M${x} ${Math.floor(bit / 3)}h1v1h-1z`;
  }
  const fill = `hsl(${((n >> 15) * 360) >> 9} 45% 50%)`;
  return el("svg.avatar", { viewBox: "-1 -1 7 7", "aria-hidden": "true" }, el("path", { d, fill }));
}

const exact = (moment) => new Date(moment).toLocaleString(LOCALE, { dateStyle: "long", timeStyle: "short" });

function when(moment) {
  const seconds = Math.min(0, (new Date(moment) - Date.now()) / 1000);
  const [unit, length] = Object.entries(UNITS).find(([, length]) => length <= -seconds) ?? ["second", 1];
  const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });
  return el("time", { datetime: moment, title: exact(moment) }, relative.format(Math.ceil(seconds / length), unit));
}

function near(element, signal, then) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.at(-1).isIntersecting) return;
    observer.disconnect();
    then();
  }, { rootMargin: "400px" });
  observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());
}

const here = () => location.href.split("#")[0];

function pageOf(element) {
  return element.getAttribute("page") || document.querySelector("link[rel~=canonical]")?.href || here();
}

// What is typed outlives a reload, unless the browser forbids storage.
function draft(key, text) {
  try {
    if (text !== undefined) sessionStorage.setItem(key, text);
    return sessionStorage.getItem(key);
  } catch {}
}

class ReplyForm {
  #thread;
  #parent;
  #challenge;
  #until = 0;
  #asking;
  #key;

  constructor(thread, page) {
    this.#thread = thread;
    this.page = page;
    this.title = el("h3.form-title", { id: "form-title" });
    this.cancel = el("button.quiet.cancel", { type: "button", click: () => this.#cancel() }, TEXT.cancel);
    this.alert = el("div.alert", { role: "alert" });
    this.submit = el("button.primary.submit", {}, TEXT.post);
    this.question = el("span", { "aria-hidden": "true" }, "… + … =");
    this.spoken = el("span.unseen", {}, TEXT.sum);
    this.node = this.#draw();
    this.fields = this.node.elements;
    this.moveTo();
  }

  #draw() {
    const act = {
      submit: (event) => this.#submit(event),
      focusin: () => this.prepare(),
      input: (event) => this.#typed(event),
      keydown: (event) => this.#pressed(event),
    };
    return el(
      "form.form",
      { novalidate: true, "aria-labelledby": "form-title", ...act },
      el("div.row", {}, this.title, this.cancel),
      el("p.note", {}, TEXT.note),
      el(
        "div.who",
        {},
        this.#field("name", { autocomplete: "name", required: true }),
        this.#field("email", { autocomplete: "email", required: true, type: "email" }),
        this.#field("website", { autocomplete: "url", type: "url" }),
      ),
      this.#field("body", { required: true }),
      this.#sum(),
      el("div.unseen", { "aria-hidden": "true" }, this.#field("subject", { autocomplete: "off", tabindex: -1 })),
      this.alert,
      el("div", {}, this.submit),
    );
  }

  #sum() {
    const attributes = { inputmode: "numeric", autocomplete: "off", required: true };
    const row = this.#field("answer", attributes, this.question, this.spoken);
    row.append(el("button.quiet.another", { type: "button", click: () => this.#another() }, TEXT.another));
    return row;
  }

  #field(name, attributes, ...label) {
    const error = `${name}-error`;
    const tag = name === "body" ? "textarea.input" : "input.input";
    const star = attributes.required && el("span.star", { "aria-hidden": "true" }, " *");
    return el(
      `div.field-${name}`,
      {},
      el("label", { for: name }, TEXT[name], ...label, star),
      el(tag, { id: name, name, dir: "auto", "aria-describedby": error, ...attributes }),
      el("p.error", { id: error }),
    );
  }

  // A page's own shortcuts cannot see that these keys go into a field.
  #pressed(event) {
    event.stopPropagation();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.node.requestSubmit();
  }

  // A reply sent again is the same reply until its words change: an answer of the service that
  // was lost on the way doubles nothing.
  #typed({ target }) {
    if (target.name !== "answer") this.#key = undefined;
    this.#keep();
  }

  get #draft() {
    return `comment-thread ${this.#thread.getAttribute("site")} ${this.page} ${this.#parent?.id}`;
  }

  #keep() {
    draft(this.#draft, this.fields.body.value);
  }

  // The text goes along with the form, unless another draft waits at the new place.
  moveTo(parent, article) {
    const left = this.#draft;
    this.#parent = parent;
    this.#key = undefined;
    const waiting = draft(this.#draft);
    if (waiting) this.fields.body.value = waiting;
    else draft(left, "");
    this.#keep();
    this.title.textContent = parent ? TEXT.replyTo(parent.author.name) : TEXT.leave;
    this.cancel.hidden = !parent;
    if (article) article.after(this.node);
    else this.#thread.foot.append(this.node);
  }

  #cancel() {
    const button = this.node.previousSibling.querySelector(".reply");
    this.moveTo();
    button.focus();
  }

  focus() {
    this.node.querySelector(":invalid, textarea").focus();
  }

  // A sum that cannot be had now is asked for again when the reader sends.
  prepare() {
    this.#ask().catch(() => {});
  }

  async #ask() {
    if (performance.now() < this.#until) return;
    this.#asking ??= this.#thread.call("challenge", { page: this.page });
    try {
      this.#take(await this.#asking);
    } finally {
      this.#asking = undefined;
    }
  }

  // Its life is counted from its arrival, a minute at least: the reader's clock may be wrong.
  #take({ challenge, question, label, expires_at }) {
    if (challenge === this.#challenge) return;
    this.#challenge = challenge;
    this.#until = performance.now() + Math.max(60_000, new Date(expires_at) - Date.now());
    this.question.textContent = question;
    this.spoken.textContent = label;
    this.fields.answer.value = "";
  }

  async #another() {
    try {
      this.#until = 0;
      await this.#ask();
      this.fields.answer.focus();
    } catch (error) {
      this.#refuse(error);
    }
  }

  async #submit(event) {
    event.preventDefault();
    if (this.submit.ariaDisabled) return;
    this.submit.ariaDisabled = "true";
    try {
      await this.#ask();
      if (!this.#complain(this.#missing())) await this.#send();
    } catch (error) {
      this.#refuse(error);
    }
    this.submit.ariaDisabled = null;
  }

  // The browser says it in the reader's language.
  #missing() {
    const empty = [...this.fields].filter((field) => field.validity.valueMissing);
    return Object.fromEntries(empty.map((field) => [field.name, [field.validationMessage]]));
  }

  async #send() {
    const fields = Object.fromEntries(new FormData(this.node));
    const { page } = this;
    const parent = this.#parent?.id ?? null;
    if (!this.#thread.emit("submit", { page, parent, body: fields.body }, true)) return;
    const title = this.#thread.title || document.title;
    this.#key ??= crypto.randomUUID?.();
    const reply = { page, title, parent, ...fields, challenge: this.#challenge };
    this.#taken(await this.#thread.post(JSON.stringify(reply), this.#key));
  }

  #taken(answer) {
    this.fields.body.value = "";
    this.#keep();
    this.#until = 0;
    this.prepare();
    this.moveTo();
    this.#thread.taken(answer);
  }

  #refuse({ errors = {}, challenge, ...error }) {
    if (challenge) this.#take(challenge);
    this.#complain({ answer: errors.challenge, ...errors }, this.#thread.report(error), TEXT.kept);
  }

  // True when something is wrong; the first wrong field gets the focus.
  #complain(errors, ...sentences) {
    const wrong = [...this.node.querySelectorAll(".input")].filter((input) => {
      input.ariaInvalid = !!errors[input.name];
      input.nextSibling.textContent = errors[input.name]?.join(" ") ?? "";
      return errors[input.name];
    });
    this.alert.replaceChildren(...sentences.map((sentence) => el("p", {}, sentence)));
    wrong[0]?.focus();
    return wrong.length > 0;
  }
}

class CommentThread extends HTMLElement {
  static observedAttributes = ["site", "page", "sort", "lang", "loading"];

  #life;
  #form;
  #items;
  #next;
  #count;

  connectedCallback() {
    if (!this.shadowRoot) this.#build();
    this.#start();
  }

  disconnectedCallback() {
    this.#life.abort();
    this.#life = undefined;
  }

  attributeChangedCallback() {
    if (this.#life) this.#start();
  }

  #build() {
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    this.live = el("p.unseen", { role: "status" });
    this.notice = el("div.alert", { role: "alert" });
    this.heading = el("h2.heading", { id: "heading" });
    this.fallback = el("slot", {});
    this.list = el("ol.list", {});
    this.more = el("button.wide.more", { hidden: true, click: () => this.#showMore() }, TEXT.more);
    this.foot = el("div.foot", {});
    const parts = [this.fallback, this.heading, this.list, this.notice, this.more, this.foot, this.live];
    this.root = el("section.thread", { lang: LOCALE, "aria-labelledby": "heading" }, ...parts);
    // Else the host's title attribute would be a tooltip over everything.
    this.root.title = "";
    this.shadowRoot.append(this.root);
  }

  // Of several attributes changed at once only the last start loads.
  async #start() {
    this.#life?.abort();
    this.#life = new AbortController();
    const { signal } = this.#life;
    await undefined;
    if (signal.aborted) return;
    this.root.toggleAttribute("data-reserve", true);
    addEventListener("hashchange", () => this.#visit(), { signal });
    if (this.getAttribute("loading") !== "lazy" || location.hash) this.#load();
    else near(this, signal, () => this.#load());
  }

  call(name, query, options) {
    return call(this.getAttribute("site"), name, Object.entries(query), { signal: this.#life?.signal, ...options });
  }

  // Not tied to the element's life: a reply on its way is not called back.
  post(body, key) {
    const headers = { "Content-Type": "application/json", ...(key && { "Idempotency-Key": key }) };
    return call(this.getAttribute("site"), "comments", [], { method: "POST", body, headers });
  }

  emit(name, detail, cancelable) {
    return this.dispatchEvent(new CustomEvent(`thread:${name}`, { detail, cancelable, bubbles: true, composed: true }));
  }

  #fetch(after) {
    return this.call("thread", { page: pageOf(this), sort: this.getAttribute("sort"), after });
  }

  async #load() {
    const { signal } = this.#life;
    try {
      const answer = await this.#fetch();
      this.#draw(answer);
      this.emit("ready", { thread: answer.thread });
      this.#visit();
    } catch (error) {
      if (!signal.aborted) this.#fail(error, () => this.#load());
    }
  }

  report({ status = 0, detail = TEXT.failed }) {
    this.emit("error", { status, detail });
    return detail;
  }

  #fail(error, again) {
    this.notice.replaceChildren(this.report(error), " ", el("button.quiet.retry", { click: again }, TEXT.retry));
  }

  #draw({ thread, comments, next }) {
    this.fallback.hidden = true;
    this.open = thread.open;
    this.#items = new Map();
    this.#tally(thread.count);
    this.#drawForm();
    this.list.replaceChildren();
    this.#append(comments, next);
    this.#settle();
  }

  #drawForm() {
    const page = pageOf(this);
    this.foot.replaceChildren();
    if (!this.open) return this.foot.append(el("p.note.closed", {}, TEXT.closed));
    if (this.#form?.page === page) this.#form.moveTo();
    else this.#form = new ReplyForm(this, page);
    near(this.foot, this.#life.signal, () => this.#form.prepare());
  }

  // The space kept while loading goes only when nothing that the reader sees would move.
  #settle() {
    const end = this.foot.getBoundingClientRect().bottom;
    const start = this.getBoundingClientRect().top;
    this.root.toggleAttribute("data-reserve", Math.max(end, start) < innerHeight);
  }

  #tally(count) {
    this.#count = count;
    this.heading.textContent = TEXT.replies(count);
  }

  #append(comments, next) {
    this.notice.replaceChildren();
    this.#next = next;
    this.more.hidden = !next;
    for (const comment of comments) this.#place(comment);
  }

  async #more() {
    const { comments, next } = await this.#fetch(this.#next);
    this.#append(comments, next);
    return this.#items.get(comments[0]?.id);
  }

  async #showMore() {
    try {
      (await this.#more())?.article.focus();
    } catch (error) {
      this.#fail(error, () => this.#showMore());
    }
  }

  // Beyond the deepest level a reply stays beside the one it answers, and says whom.
  #place(comment, mine) {
    const { id } = comment;
    const parent = this.#items.get(comment.parent);
    if (this.#items.has(id)) return;
    const depth = parent ? parent.depth + 1 : 1;
    const list = parent?.replies ?? this.list;
    const article = this.#article(comment, depth > MAX_DEPTH && parent.comment.author);
    const replies = depth < MAX_DEPTH ? el("ol.replies", {}) : list;
    const node = el("li", {}, article, depth < MAX_DEPTH && replies);
    this.#items.set(id, { comment, article, depth, replies });
    if (mine && !parent && this.getAttribute("sort") === "newest") list.prepend(node);
    else list.append(node);
  }

  #article(comment, above) {
    const node = el("article.comment", { id: `comment-${comment.id}`, tabindex: -1 });
    if (comment.deleted) node.append(el("p.note.gone", {}, TEXT.deleted));
    else node.append(avatar(comment.author.avatar), el("div", {}, ...this.#words(comment, above)));
    return node;
  }

  #words(comment, above) {
    const { author, status, html } = comment;
    const body = el("div.body", { dir: "auto", lang: this.lang || document.documentElement.lang });
    body.innerHTML = policy ? policy.createHTML(html) : html;
    const waits = status && status !== "approved";
    const reply = { "aria-label": TEXT.replyTo(author.name), click: () => this.#replyTo(comment) };
    return [
      this.#by(comment, above),
      waits && this.#waiting(comment),
      body,
      this.open && !waits && el("button.quiet.reply", reply, TEXT.reply),
    ];
  }

  #by({ id, parent, author, created_at, edited_at }, above) {
    const { name, website } = author;
    const link = { href: website, rel: "nofollow ugc noopener noreferrer" };
    return el(
      "header.by",
      {},
      el("bdi.name", {}, /^https?:/i.test(website) ? el("a", link, name) : name),
      author.moderator && el("span.mark", {}, TEXT.moderator),
      this.#linkTo(id, when(created_at)),
      edited_at && el("span.note", { title: exact(edited_at) }, TEXT.edited),
      above && this.#linkTo(parent, TEXT.inReplyTo(above.name)),
    );
  }

  // Spelt out, because a page's base element would bend a bare fragment. A link to where the
  // page already is changes no hash, so the click shows the comment by itself.
  #linkTo(id, content) {
    return el("a.when", { href: `${here()}#comment-${id}`, click: () => this.#show(id) }, content);
  }

  #waiting({ status_url }) {
    const link = status_url && el("a", { href: new URL(status_url, API) }, TEXT.status);
    return el("p.waits", {}, TEXT.waits, " ", link);
  }

  #replyTo(comment) {
    this.#form.moveTo(comment, this.#items.get(comment.id).article);
    this.#form.focus();
  }

  // The reader's own new reply, in its place though nobody else may see it yet.
  taken({ id, status, status_url, comment }) {
    const published = status === "approved";
    if (published) this.#tally(this.#count + 1);
    if (comment) this.#place({ status, status_url, ...comment }, true);
    this.#show(id);
    this.live.textContent = published ? TEXT.posted : TEXT.waits;
    this.emit("posted", { id, status, comment });
  }

  async #visit() {
    const id = location.hash.match(/^#comment-(.+)/)?.[1];
    try {
      while (id && this.#next && !this.#items.has(id)) await this.#more();
    } catch {}
    this.#show(id);
  }

  #show(id) {
    const article = this.#items?.get(id)?.article;
    if (!article) return;
    this.root.querySelector("[data-marked]")?.removeAttribute("data-marked");
    article.toggleAttribute("data-marked", true);
    article.scrollIntoView({ block: "center" });
    article.focus({ preventScroll: true });
  }
}

// Elements that appear together ask together, for a hundred pages at a time.
let waiting = new Set();

function countLater(element) {
  if (!waiting.size) setTimeout(countAll);
  waiting.add(element);
}

function countAll() {
  const elements = [...waiting];
  waiting = new Set();
  const site = document.querySelector("comment-count[site], comment-thread[site]")?.getAttribute("site");
  const pages = [...new Set(elements.map(pageOf))];
  while (pages.length) count(site, pages.splice(0, 100), elements);
}

async function count(site, pages, elements) {
  const query = pages.map((page) => ["page", page]);
  const { counts } = await call(site, "counts", query).catch(() => ({ counts: {} }));
  for (const element of elements) {
    const n = counts[pageOf(element)];
    if (n >= 0) element.textContent = n.toLocaleString(LOCALE);
  }
}

class CommentCount extends HTMLElement {
  static observedAttributes = ["page"];

  connectedCallback() {
    countLater(this);
  }

  attributeChangedCallback() {
    countLater(this);
  }
}

// A page may load the script twice, from two addresses.
if (!customElements.get("comment-thread")) {
  customElements.define("comment-thread", CommentThread);
  customElements.define("comment-count", CommentCount);
}
