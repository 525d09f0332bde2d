"""What tells whether an attack came through: something ran, stands there, or was asked for.

The pages' own policy is switched off in these browsers (`bypass_csp`), so that what is counted is
what the markup does and not what the policy forgives. `eval` is left alone: the browser is driven
through it, and would then report nothing.
"""

from dataclasses import dataclass, field
from typing import Any

from hands import Browse
from playwright.sync_api import Page

TELL = """
for (const name of ["alert", "confirm", "prompt", "print"]) {
  window[name] = (what) => void window.ran(`${name} ${what}`);
}
"""

LOOK = """
window.oracle = (() => {
  const ALLOWED = { a: ["href", "rel"], ol: ["start"], ul: [], li: [], p: [], br: [], hr: [],
    pre: [], code: [], em: [], strong: [], s: [], blockquote: [] };
  const XHTML = "http://www.w3.org/1999/xhtml";
  const leads = (link) => ["http:", "https:", "mailto:"].includes(link.protocol);

  // Every element of a document or shadow tree, those of inner shadow trees too.
  function* all(root) {
    for (const element of root.querySelectorAll("*")) {
      yield element;
      if (element.shadowRoot) yield* all(element.shadowRoot);
    }
  }

  // What stands in a comment and must not.
  function foreign(body) {
    const found = [];
    const walker = document.createTreeWalker(body, NodeFilter.SHOW_ALL);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.nodeType === Node.TEXT_NODE) continue;
      const names = ALLOWED[node.localName];
      if (!names || node.namespaceURI !== XHTML) found.push(node.nodeName);
      else if (node.localName === "a" && !leads(node)) found.push(node.outerHTML);
      else found.push(...node.getAttributeNames().filter((name) => !names.includes(name)));
    }
    return found;
  }

  // The kinds of elements and attributes of a page outside the comments' own markup.
  function shape() {
    const kinds = new Set();
    for (const element of all(document)) {
      if (element.closest(".body") && !element.matches(".body")) continue;
      kinds.add(element.localName);
      for (const { name, value } of element.attributes) {
        const scheme = /^(href|src|action|formaction)$/.test(name) && /^\\s*[a-z]+:/i.exec(value);
        kinds.add(`${element.localName} ${name}${scheme ? ` ${scheme[0]}` : ""}`);
      }
    }
    return [...kinds];
  }

  // What a reader does by accident: point at things, press them.
  function poke(root) {
    for (const element of all(root)) {
      for (const name of element.getAttributeNames()) {
        if (name.startsWith("on")) element.dispatchEvent(new Event(name.slice(2)));
      }
      if (element.localName !== "a" || /^(https?|mailto):/.test(element.href)) continue;
      element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
    }
  }

  function look() {
    const written = ".body:not(.preview:empty)";
    const bodies = [...all(document)].filter((element) => element.matches(written));
    for (const body of bodies) poke(body);
    return {
      bodies: bodies.length,
      foreign: bodies.flatMap(foreign),
      escaped: bodies.filter((body) => body.querySelector(".body, article, form")).length,
      shape: shape(),
    };
  }

  // Written, read, and written again: what mutates on the way would show now.
  function rewrite(htmls) {
    const found = [];
    for (const html of htmls) {
      const body = document.body.appendChild(document.createElement("div"));
      body.innerHTML = html;
      const once = body.innerHTML;
      body.innerHTML = once;
      found.push(...foreign(body), ...(body.innerHTML === once ? [] : [`unstable: ${once}`]));
      poke(body);
      body.remove();
    }
    return found;
  }

  // Each in a document of its own, by the parser, as a page without any wall would show it.
  async function bare(htmls) {
    const frames = htmls.map((html) => {
      const frame = document.createElement("iframe");
      const loaded = new Promise((resolve) => { frame.onload = resolve; });
      frame.srcdoc = html;
      document.body.append(frame);
      return { frame, settled: Promise.race([loaded, new Promise((r) => setTimeout(r, 1500))]) };
    });
    for (const { frame, settled } of frames) {
      await settled;
      try { poke(frame.contentDocument); } catch {}
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const { frame } of frames) frame.remove();
  }

  return { look, rewrite, bare };
})();
"""


@dataclass
class Oracle:
    """A browser that notes what runs and what is asked for elsewhere."""

    page: Page
    home: str
    ran: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, browse: Browse, home: str, **options: Any) -> "Oracle":
        """An oracle for pages of this origin; asking for anything outside it is noted."""
        context = browse(bypass_csp=True, **options)
        oracle = cls(context.new_page(), home)
        context.expose_binding("ran", lambda _source, what: oracle.ran.append(what))
        context.add_init_script(TELL + LOOK)
        context.on("dialog", lambda dialog: (oracle.ran.append(dialog.message), dialog.dismiss()))
        context.on("console", lambda said: oracle._heard(said.text))
        context.on("request", lambda request: oracle._asked(request.url))
        return oracle

    def _heard(self, text: str) -> None:
        if text.startswith("fired"):
            self.ran.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith((f"{self.home}/", "about:")):
            self.elsewhere.append(url)

    def look(self) -> dict[str, Any]:
        """What stands on the page now; see LOOK."""
        seen: dict[str, Any] = self.page.evaluate("oracle.look()")
        return seen

    def rewrite(self, htmls: list[str]) -> list[str]:
        """What is foreign, or changes, when HTML is written, read and written again."""
        found: list[str] = self.page.evaluate("(htmls) => oracle.rewrite(htmls)", htmls)
        return found

    def bare(self, htmls: list[str], at_once: int = 40) -> None:
        """Show HTML as it is, without any wall: the control."""
        for start in range(0, len(htmls), at_once):
            batch = htmls[start : start + at_once]
            self.page.evaluate("(htmls) => oracle.bare(htmls)", batch)
