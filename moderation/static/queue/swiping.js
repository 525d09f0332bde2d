/* On a phone: to the right approves, to the left rejects, as the buttons do. An extra; a card that
   is let go too soon stays. */

/** How far of a card's width a finger has to go, and how many pixels before it is a swipe at all. */
const FAR = 0.35;
const BEGUN = 12;

export function swiping(list, phone, { approve, reject }) {
  let card, startX, startY, moved;

  function end() {
    card?.style.removeProperty("translate");
    card = undefined;
  }

  list.addEventListener(
    "touchstart",
    (event) => {
      const isOne = phone.matches && event.touches.length === 1;
      card = isOne && !event.target.closest("textarea, select, pre") ? event.target.closest("article") : undefined;
      ({ clientX: startX, clientY: startY } = event.touches[0]);
      moved = 0;
    },
    { passive: true },
  );
  list.addEventListener(
    "touchmove",
    (event) => {
      if (!card) return;
      const { clientX, clientY } = event.touches[0];
      const isScrolling = Math.abs(clientY - startY) > Math.max(BEGUN, Math.abs(clientX - startX));
      if (isScrolling || event.touches.length > 1) return end();
      moved = clientX - startX;
      if (Math.abs(moved) <= BEGUN) return;
      // Else a flick would go on as a scroll of the browser's, which swallows the next tap.
      if (event.cancelable) event.preventDefault();
      card.style.translate = `${moved}px`;
    },
    { passive: false },
  );
  list.addEventListener("touchcancel", end);
  list.addEventListener("touchend", () => {
    const swiped = card;
    const isFar = swiped && Math.abs(moved) > swiped.offsetWidth * FAR;
    end();
    if (isFar) (moved > 0 ? approve : reject)(swiped);
  });
}
