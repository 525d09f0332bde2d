// The way to the service: JSON there and back, no cookie, nobody waits for ever.

export const ROOT = new URL(".", import.meta.url);
const PATIENCE = 30_000;

// What is thrown is what the service told: status, detail, errors, perhaps a fresh challenge.
// A service that was not reached told nothing.
export async function call(site, name, query, { json, key = "", signal } = {}) {
  const url = new URL(`api/v1/sites/${encodeURIComponent(site)}/${name}`, ROOT);
  for (const [field, value] of query) if (value) url.searchParams.append(field, value);
  const posted = json && {
    method: "POST",
    body: JSON.stringify(json),
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
  };
  const patience = [AbortSignal.timeout(PATIENCE), signal].filter(Boolean);
  const response = await fetch(url, { credentials: "omit", signal: AbortSignal.any(patience), ...posted }).catch(() => {
    throw {};
  });
  const answer = await response.json().catch(() => {});
  if (!response.ok || !answer) throw { status: response.status, ...answer };
  return answer;
}

const here = () => location.href.split("#")[0];

export function pageOf(host) {
  return host.getAttribute("page") || document.querySelector("link[rel~=canonical]")?.href || here();
}

// Spelt out, because a page's base element would bend a bare fragment.
export const linkTo = (id) => `${here()}#comment-${id}`;

// What the browser keeps for the reader. Where it forbids that, it lasts as long as the page.
const kept = {};

export function keep(key, text) {
  kept[key] = text;
  try {
    text ? localStorage.setItem(key, text) : localStorage.removeItem(key);
  } catch {}
}

export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return kept[key];
  }
}
