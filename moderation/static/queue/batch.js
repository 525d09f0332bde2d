// Keeps the bar of a batch up to date; at the end the page is loaded again, with the outcome.
const bar = document.querySelector("[data-progress]");
const line = bar.querySelector("progress");
const says = bar.querySelector(".bar__says");
const aloud = bar.querySelector("[role=status]");
const EVERY = 500;
const ALOUD_EVERY = 5000;
let saidAt = 0;

async function look() {
  const answer = await fetch(bar.dataset.progress);
  if (!answer.ok) throw new Error(String(answer.status));
  const { working, number, of, sentence } = await answer.json();
  if (!working) return location.reload();
  line.max = Math.max(of, 1);
  line.value = number;
  says.textContent = sentence;
  if (Date.now() - saidAt > ALOUD_EVERY) {
    aloud.textContent = sentence;
    saidAt = Date.now();
  }
  setTimeout(again, EVERY);
}

// A connection that fails now may be back soon; until then the link is there.
function again() {
  look().then(() => (link.hidden = true), () => {
    link.hidden = false;
    setTimeout(again, EVERY * 10);
  });
}

const link = bar.querySelector(".bar__again");
again();
