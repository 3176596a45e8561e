// Passkeys need script: WebAuthn has no other door. Forms that bear data-passkey are shown where the
// browser can do it, and are sent as any other form once the browser has answered.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

const withBytes = (options) => {
  options.challenge = toBytes(options.challenge);
  if (options.user) options.user.id = toBytes(options.user.id);
  for (const list of [options.excludeCredentials, options.allowCredentials])
    for (const one of list ?? []) one.id = toBytes(one.id);
  return options;
};

const asJson = (credential) => {
  const answer = { id: credential.id, rawId: toText(credential.rawId), type: credential.type, response: {} };
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[name]) answer.response[name] = toText(credential.response[name]);
  answer.clientExtensionResults = credential.getClientExtensionResults();
  return JSON.stringify(answer);
};

const ask = async (form) => {
  const token = new URLSearchParams({ token: form.elements.token.value });
  const response = await fetch(form.dataset.passkey, { method: "POST", body: token });
  if (!response.ok) return location.assign("/settings/security/prove");
  const publicKey = withBytes(await response.json());
  const making = "making" in form.dataset;
  const found = making
    ? await navigator.credentials.create({ publicKey })
    : await navigator.credentials.get({ publicKey });
  form.elements.answer.value = asJson(found);
  form.submit();
};

if (window.PublicKeyCredential)
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form).catch(() => form.querySelector("button").focus());
    });
  }
