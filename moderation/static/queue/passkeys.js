// Has a passkey answer what the service asks, and sends the answer with the page's own form. The
// service judges it and says what is wrong; here nothing is decided.

const frame = document.querySelector("[data-passkey]");
const form = frame?.querySelector("form");

if (form && window.PublicKeyCredential && navigator.credentials) {
  frame.hidden = false;
  frame.parentElement.querySelector("[data-otherwise]").hidden = true;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
}

async function ask() {
  const button = form.querySelector("button");
  const told = form.querySelector("[data-told]");
  if (button.disabled) return;
  button.disabled = true;
  told.textContent = "";
  const options = await challenge();
  // Where none is given, the service says why in answer to the form.
  if (!options) return form.submit();
  try {
    form.elements.answer.value = JSON.stringify(written(await answered(options)));
    form.submit();
  } catch {
    told.textContent = frame.dataset.failed;
    button.disabled = false;
  }
}

async function challenge() {
  // With all that was typed: a passkey is made only where the rest of the form is right.
  const body = new URLSearchParams(new FormData(form));
  try {
    const answer = await fetch(frame.dataset.challenge, { method: "POST", body });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function answered(options) {
  const keys = (several) => several?.map((key) => ({ ...key, id: bytes(key.id) }));
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    allowCredentials: keys(options.allowCredentials),
    excludeCredentials: keys(options.excludeCredentials),
  };
  if (frame.dataset.passkey === "get") return navigator.credentials.get({ publicKey });
  publicKey.user = { ...options.user, id: bytes(options.user.id) };
  return navigator.credentials.create({ publicKey });
}

// As `toJSON` writes it, which older browsers do not know.
function written(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature"]) {
    const value = credential.response[name];
    if (value) response[name] = text(value);
  }
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response };
}

function bytes(base64url) {
  const plain = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
