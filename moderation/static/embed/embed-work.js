// The proof of work of ALTCHA's protocol: which number, put behind the salt, has this digest?
// SHA-256 is written out here: the browser's own waits for each answer, takes ten times as long,
// and is missing on pages without HTTPS.

const AT_A_TIME = 5_000;

// The first 32 bits of the fractional parts of the roots of the first primes.
const PRIMES = [];
for (let n = 2; PRIMES.length < 64; n++) if (PRIMES.every((prime) => n % prime)) PRIMES.push(n);
const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
const START = PRIMES.slice(0, 8).map((prime) => fraction(prime ** (1 / 2)));
const ROUNDS = PRIMES.map((prime) => fraction(prime ** (1 / 3)));

const turned = (x, by) => (x >>> by) | (x << (32 - by));

function digest(bytes) {
  const state = [...START];
  const padded = new Uint8Array((bytes.length + 72) & ~63);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, bytes.length * 8);
  for (let at = 0; at < padded.length; at += 64) mix(state, view, at);
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

const w = new Int32Array(64);

function mix(state, view, at) {
  for (let n = 0; n < 64; n++) w[n] = n < 16 ? view.getInt32(at + n * 4) : expanded(n);
  let [a, b, c, d, e, f, g, h] = state;
  for (let n = 0; n < 64; n++) {
    const s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const one = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[n] + w[n]) | 0;
    const s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, n) => (state[n] = (state[n] + word) | 0));
}

function expanded(n) {
  const s0 = turned(w[n - 15], 7) ^ turned(w[n - 15], 18) ^ (w[n - 15] >>> 3);
  const s1 = turned(w[n - 2], 17) ^ turned(w[n - 2], 19) ^ (w[n - 2] >>> 10);
  return (w[n - 16] + s0 + w[n - 7] + s1) | 0;
}

// The solution as the service takes it. The page stays alive meanwhile: a few thousand numbers
// at a time. Throws where there is no such number.
export async function solve({ algorithm, challenge, salt, signature, maxnumber, maxNumber }) {
  if (algorithm !== "SHA-256") throw {};
  const encoder = new TextEncoder();
  for (let number = 0; number <= (maxnumber ?? maxNumber ?? 1e6); number++) {
    if (number % AT_A_TIME === 0) await new Promise((go) => setTimeout(go));
    if (digest(encoder.encode(salt + number)) !== challenge) continue;
    return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
  }
  throw {};
}
