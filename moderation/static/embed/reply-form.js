import { el, write } from "./drawing.js";
import { keep, recall, ROOT } from "./service.js";

const LONGEST = 10_000;
const ME = "comment-thread me";

// The one form of a thread; it moves to what is answered.
export function replyForm({ host, say, ask, emit, report, foot, live, taken }, page) {
  let parent;
  let challenge;
  let until = 0;
  let asking;
  let key;

  const button = (what, click, text) => el(`button.${what}`, { type: "button", click }, text);

  function field(name, text, attributes, ...label) {
    const error = `${name}-error`;
    const star = attributes.required && el("span.star", { "aria-hidden": true }, " *");
    return el(
      `div.field-${name}`,
      el("label", { for: name }, text, label, star),
      el(name === "body" ? "textarea.input" : "input.input", { id: name, name, dir: "auto", "aria-describedby": error }, attributes),
      el("p.error", { id: error }),
    );
  }

  const tick = (name, text) => el("label.tick", el("input", { type: "checkbox", id: name, name }), text);

  const title = el("h3.form-title", { id: "form-title" });
  const cancel = button("quiet.cancel", leave, say("Cancel reply"));
  const restored = el("p.note.restored", say("We restored your unsent reply."), " ", button("quiet.discard", discard, say("Discard it")));
  const question = el("span", { "aria-hidden": true }, "… + … =");
  const spoken = el("span.unseen", say("Sum"));
  const notify = tick("notify", say("Email me when somebody answers"));
  const seen = el("div.preview.body", { role: "region", "aria-label": say("Preview"), tabindex: -1, dir: "auto" });
  const alert = el("div.alert", { role: "alert" });
  const submit = el("button.primary.submit", say("Post reply"));
  const other = button("quiet.other", () => send(challenge.other_way));
  const ways = {
    moderator: say("Send without a sum; a moderator will read it first"),
    work: say("Let this device solve a puzzle instead"),
  };
  const deeds = el("div.deeds", submit, button("wide.look", look, say("Preview")), other);
  const form = el(
    "form.form",
    { novalidate: true, "aria-labelledby": "form-title", submit: sent, focusin: prepare, input: typed, keydown: pressed },
    el("div.row", title, cancel),
    el("p.note", say("Your email address will not be published. Required fields are marked *.")),
    el(
      "div.who",
      field("name", say("Name"), { autocomplete: "name", required: true }),
      field("email", say("Email"), { autocomplete: "email", required: true, type: "email" }),
      field("website", say("Website"), { autocomplete: "url", type: "url" }),
    ),
    restored,
    field("body", say("Comment"), { required: true }),
    el("div.choices", tick("remember", say("Remember me in this browser")), notify),
    el(
      "div.sum",
      field("answer", "", { inputmode: "numeric", autocomplete: "off", required: true }, question, spoken),
      button("quiet.another", another, say("Another sum")),
    ),
    el("div.unseen", { "aria-hidden": true }, field("subject", say("Leave this field empty"), { autocomplete: "off", tabindex: -1 })),
    seen,
    alert,
    deeds,
  );
  const { name, email, website, remember, body, answer } = form.elements;
  const me = [name, email, website];

  // A page's own shortcuts cannot see that these keys go into a field.
  function pressed(event) {
    event.stopPropagation();
    if (event.key === "Escape" && parent) leave();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  }

  const draft = () => `comment-thread ${host.getAttribute("site")} ${page} ${parent?.id ?? ""}`;

  // A reply sent again is the same reply until its words change: an answer of the service that
  // was lost on the way doubles nothing.
  function typed({ target }) {
    if (target !== answer) key = undefined;
    keep(draft(), body.value);
    keep(ME, remember.checked && JSON.stringify(me.map((input) => input.value)));
    restored.hidden = true;
    seen.replaceChildren();
    body.nextSibling.textContent =
      body.value.length > LONGEST - 500 ? say("Characters left: {n}", { n: LONGEST - body.value.length }) : "";
  }

  // What was typed at the old place stays there as a draft.
  function moveTo(comment, article) {
    parent = comment;
    key = undefined;
    title.textContent = parent ? say("Reply to {name}", parent.author) : say("Leave a Reply");
    cancel.hidden = !parent;
    const waiting = recall(draft()) ?? "";
    restored.hidden = !waiting || waiting === body.value;
    body.value = waiting;
    seen.replaceChildren();
    complain({});
    if (article) article.after(form);
    else foot.append(form);
  }

  function leave() {
    const article = form.previousSibling;
    moveTo();
    article.querySelector(".reply").focus();
  }

  function discard() {
    body.value = "";
    body.focus();
    typed({});
  }

  // A sum that cannot be had now is asked for again when the reader sends.
  function prepare() {
    sum().catch(() => {});
  }

  async function sum() {
    if (performance.now() < until) return;
    asking ??= ask("challenge", { page });
    try {
      take(await asking);
    } finally {
      asking = undefined;
    }
  }

  // Its life is counted from its arrival, a minute at least: the reader's clock may be wrong.
  function take(asked) {
    if (asked.challenge === challenge?.challenge) return;
    challenge = asked;
    until = performance.now() + Math.max(60_000, new Date(asked.expires_at) - Date.now());
    question.textContent = asked.question;
    spoken.textContent = asked.label;
    answer.value = "";
    // A shorter text takes no less room than what stood there.
    deeds.style.minBlockSize = `${deeds.offsetHeight}px`;
    other.textContent = ways[asked.other_way];
    other.style.visibility = "";
    notify.style.visibility = asked.mail ? "" : "hidden";
  }

  async function another() {
    try {
      until = 0;
      await sum();
      answer.focus();
    } catch (error) {
      refuse(error);
    }
  }

  async function look() {
    try {
      const { html } = await ask("preview", {}, { json: { body: body.value } });
      write(seen, html).focus();
    } catch (error) {
      refuse(error);
    }
  }

  function sent(event) {
    event.preventDefault();
    send("sum");
  }

  async function send(way) {
    if (submit.ariaDisabled) return;
    submit.ariaDisabled = true;
    const place = draft();
    try {
      await sum();
      const { notify: wished, ...fields } = Object.fromEntries(new FormData(form));
      const reply = { page, title: host.title || document.title, parent: parent?.id, ...fields, notify: !!wished, way };
      reply.challenge = challenge.challenge;
      if (way === "work") reply.work = await (await import(`${ROOT}embed-work.js`)).solve(challenge.work);
      if (emit("submit", { page, parent: parent?.id, body: body.value }, true)) {
        key ??= crypto.getRandomValues(new Uint32Array(4)).join("-");
        accept(await ask("comments", {}, { json: reply, key, signal: null }), place);
      }
    } catch (error) {
      refuse(error);
    }
    submit.ariaDisabled = null;
  }

  function accept(answer, place) {
    keep(place);
    until = 0;
    prepare();
    moveTo();
    taken(answer);
  }

  function refuse({ errors = {}, challenge: fresh, ...error }) {
    if (fresh) take(fresh);
    const told = report(error);
    const kept = say("Your text is kept.");
    // Many of the service's own sentences go on after these words.
    complain({ answer: errors.challenge, ...errors }, told, !told.includes(kept.slice(0, -1)) && kept);
  }

  // Each sentence once: beside its field, or above the buttons. The first wrong field gets the focus.
  function complain(errors, ...sentences) {
    const wrong = [...form.querySelectorAll(".input")].filter((input) => {
      input.ariaInvalid = !!errors[input.name];
      input.nextSibling.textContent = errors[input.name]?.join(" ") ?? "";
      return errors[input.name];
    });
    const beside = wrong.flatMap((input) => errors[input.name]);
    const others = new Set([...sentences, ...Object.values(errors).flat()]);
    alert.replaceChildren(...[...others].filter((one) => one && !beside.includes(one)).map((one) => el("p", one)));
    wrong[0]?.focus();
  }

  // What comes with the sum has its room from the start, in every language and on every screen.
  other.textContent = ways.moderator;
  other.style.visibility = notify.style.visibility = "hidden";
  const known = JSON.parse(recall(ME) || "0");
  remember.checked = known;
  if (known) me.forEach((input, n) => (input.value = known[n]));
  moveTo();
  return { moveTo, prepare, focus: () => form.querySelector(":invalid, textarea").focus() };
}
