// How things are drawn, whatever they say.

// Where a page demands Trusted Types, markup enters by this one policy: it is the HTML that
// the server has already made safe. A page that forbids the policy makes creating it throw.
let policy;
try {
  policy = window.trustedTypes?.createPolicy("comment-thread", { createHTML: (html) => html });
} catch {}

export function write(node, html) {
  node.innerHTML = policy?.createHTML(html) ?? html;
  return node;
}

// "tag.name": the name is a class for our sheet and a part for the page's own. Of what follows,
// objects give attributes by name (a function listens to the event of that name), all else is content.
export function el(what, ...content) {
  const [tag, ...names] = what.split(".");
  const node = document.createElement(tag);
  if (names[0]) node.part = node.className = names.join(" ");
  for (const one of content.flat()) {
    if (one?.constructor !== Object) one && node.append(one);
    else for (const [name, value] of Object.entries(one)) set(node, name, value);
  }
  return node;
}

function set(node, name, value) {
  if (typeof value === "function") node.addEventListener(name, value);
  else if (value) node.setAttribute(name, value);
}

// Fifteen bits set cells of the left half, mirrored; the nine above them choose the hue.
export function avatar(seed) {
  const n = parseInt(seed, 16);
  let cells = "";
  for (let bit = 0; bit < 15; bit++) {
    for (const x of (n >> bit) & 1 ? [bit % 3, 4 - (bit % 3)] : []) cells += `M${x} ${(bit / 3) | 0}h1v1h-1z`;
  }
  const hue = ((n >> 15) * 360) >> 9;
  const drawn = `<svg viewBox="-1 -1 7 7"><path fill="hsl(${hue} 45% 50%)" d="${cells}"/></svg>`;
  return write(el("span.avatar", { "aria-hidden": true }), drawn);
}

export function near(element, signal, then) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.at(-1).isIntersecting) return;
    observer.disconnect();
    then();
  }, { rootMargin: "400px" });
  observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());
}
