// Requests to the service that this page came from, and to no other; with the token where one is needed.

const KEY = "wordvec.token";
const TRIES = 3; // of a request that the server asks to send again later
const LONGEST = 3; // seconds until then

/** What the server says is wrong, or that it cannot be reached (status 0). */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

function address(path) {
  const url = new URL(path.replace(/^\/+/, ""), document.baseURI);
  if (url.origin !== location.origin) throw new Problem(0, path);
  return url;
}

/** {fetch, api}: `askToken(wrong)` gives the token that the user types. */
export function connection(askToken) {
  let asking = null;

  async function fetched(path, init = {}) {
    for (;;) {
      const token = sessionStorage.getItem(KEY);
      const headers = new Headers(init.headers);
      if (token) headers.set("Authorization", `Bearer ${token}`);
      const response = await fetch(address(path), { ...init, headers, credentials: "omit", redirect: "error" });
      if (response.status !== 401) return response;
      if (sessionStorage.getItem(KEY) === token) {
        asking ??= askToken(token !== null).finally(() => (asking = null));
        sessionStorage.setItem(KEY, await asking);
      }
    }
  }

  /** The answer of a server that is not too busy, or that answers a client only so often. */
  async function patient(path, init, left = TRIES) {
    const response = await fetched(path, init);
    const after = response.headers.get("Retry-After");
    if (![429, 503].includes(response.status) || after === null || Number(after) > LONGEST || left <= 1)
      return response;
    await new Promise((done) => setTimeout(done, 1000 * Number(after)));
    return patient(path, init, left - 1);
  }

  async function api(path, body) {
    const init =
      body === undefined
        ? {}
        : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    let response;
    try {
      response = await patient(path, init);
    } catch (error) {
      throw error instanceof Problem ? error : new Problem(0, error.message);
    }
    const told = await response.json().catch(() => ({}));
    if (!response.ok) throw new Problem(response.status, told.detail ?? response.statusText);
    return told;
  }

  return { fetch: fetched, api };
}
