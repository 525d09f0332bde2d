/* What was decided and is on its way: one after the other, in the order of deciding, again and
   again while nobody answers. The service answers what it gets twice as it did the first time. */

const WAITS = [1, 2, 4, 8, 15]; // Seconds.
const PATIENCE = 20_000;
/** Answers of a proxy or a service that is busy or away: the same may be taken a little later. */
const LATER = new Set([429, 502, 503, 504]);

/**
 * A line of decisions. A job is `{ action, body(), settle(answer) }`; `body` is asked when its turn
 * has come, since it may need what an earlier job brought, and may say null: then it is left out.
 * `onWait` hears how many are waiting for a connection.
 */
export function line(onWait) {
  const jobs = [];
  let isBusy = false;
  let failures = 0;
  const idle = new EventTarget();

  async function run() {
    if (isBusy) return;
    isBusy = true;
    while (jobs.length) {
      const answer = await send(jobs[0]);
      if (answer) {
        failures = 0;
        jobs.shift().settle(answer);
      } else {
        onWait(jobs.length);
        await pause(WAITS[Math.min(failures++, WAITS.length - 1)]);
      }
    }
    isBusy = false;
    idle.dispatchEvent(new Event("idle"));
  }

  return {
    get length() {
      return jobs.length;
    },
    add(job) {
      jobs.push(job);
      run();
    },
    /** Resolves once nothing is on its way. */
    done() {
      if (!jobs.length) return Promise.resolve();
      return new Promise((resolve) => idle.addEventListener("idle", resolve, { once: true }));
    },
  };
}

/** What the service says, with its `code`; nothing where it could not be asked. */
async function send(job) {
  const body = job.body();
  if (!body) return { code: 0 };
  try {
    const response = await fetch(job.action, {
      method: "POST",
      body: new URLSearchParams(body),
      headers: { Accept: "application/json" },
      keepalive: true, // What is under way goes on where the page is left.
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (LATER.has(response.status)) return null;
    const isTold = response.headers.get("Content-Type")?.startsWith("application/json");
    return { ...(isTold ? await response.json() : {}), code: response.status };
  } catch {
    return null;
  }
}

/** Some seconds, or until the connection is back. */
function pause(seconds) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    addEventListener("online", end);
  });
}

/**
 * A page or a piece of one, taken apart by the browser. Not by `innerHTML`: what a request brings
 * as a document runs no script and needs no exception from the page's policy.
 */
export function piece(url, body) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(body ? "POST" : "GET", url);
    request.responseType = "document";
    request.timeout = PATIENCE;
    request.onload = () => {
      const isSignedOut = new URL(request.responseURL).pathname.endsWith("/login");
      const found = request.response;
      if (found && !isSignedOut) resolve({ code: request.status, page: found });
      else reject(new Error(isSignedOut ? "signed_out" : "failed"));
    };
    request.onerror = request.ontimeout = () => reject(new Error("failed"));
    request.send(body);
  });
}
