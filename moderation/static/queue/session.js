/* What this session of deciding has seen: what can be taken back, how much it was, when to pause.
   It is kept in the tab, and gone with it. */

const KEPT = "moderation-session";
const MOST_TAKEN_BACK = 200;
const MOST_CARDS = 50;

/** The session; `root` holds the places of its numbers, `wishes` says when to propose a pause. */
export function session(root, wishes) {
  const kept = { decided: 0, undone: 0, began: Date.now(), since: 0, rested: Date.now(), done: [] };
  try {
    Object.assign(kept, JSON.parse(sessionStorage.getItem(KEPT)));
  } catch {
    // Storage may be forbidden: then a session lasts as long as its page.
  }
  /** What can be taken back, the latest last: `{ comment, decision, card }`, with the
      `number` of comments and their `batch` where it was about several. */
  const done = kept.done;
  const pause = root.querySelector("[data-pause]");
  const number = new Intl.NumberFormat(document.documentElement.lang);

  function keep() {
    const settled = done.filter((one) => one.decision || one.batch).slice(-MOST_TAKEN_BACK);
    const ids = settled.map(({ comment, decision, batch, number }) => ({ comment, decision, batch, number }));
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ ...kept, done: ids }));
    } catch {
      // See above.
    }
  }

  function show() {
    // A rate of less than five minutes would say little, and promise much.
    const hours = Math.max((Date.now() - kept.began) / 3_600_000, 5 / 60);
    const rate = Math.round(kept.decided / hours);
    for (const [name, value] of Object.entries({ decided: kept.decided, undone: kept.undone, rate })) {
      const place = root.querySelector(`[data-tally=${name}]`);
      if (place) place.textContent = number.format(value);
    }
    if (pause) pause.hidden = !isTired();
    keep();
  }

  function isTired() {
    const minutes = (Date.now() - kept.rested) / 60_000;
    return (
      (wishes.decisions && kept.since >= wishes.decisions) ||
      (wishes.minutes && kept.since && minutes >= wishes.minutes)
    );
  }

  pause?.querySelector("button").addEventListener("click", () => {
    kept.since = 0;
    kept.rested = Date.now();
    show();
  });
  show();

  return {
    done,
    decided(number = 1) {
      kept.decided += number;
      kept.since++;
      // A card that is shown again from here is there at once; older ones are fetched.
      const old = done[done.length - 1 - MOST_CARDS];
      if (old) old.card = undefined;
      show();
    },
    undone() {
      kept.undone++;
      show();
    },
  };
}
