// What the wallet core asks of the phone's browser: WebCrypto keys that cannot be exported,
// sealed records in IndexedDB, and fetch. Loaded in the worker; bytes in, bytes out.

const DATABASE = "mobile-id";
const EC = { name: "ECDSA", namedCurve: "P-256" };
const DH = { name: "ECDH", namedCurve: "P-256" };
const passing = new Map(); // keys that live as long as the worker: id -> CryptoKeyPair

const promised = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const finished = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("transaction aborted"));
  });

let opening;
function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("records");
      request.result.createObjectStore("keys");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function write(store, act) {
  const transaction = (await database()).transaction(store, "readwrite", { durability: "strict" });
  act(transaction.objectStore(store));
  await finished(transaction);
}

async function read(store, act) {
  return promised(act((await database()).transaction(store).objectStore(store)));
}

const bytes = (buffer) => new Uint8Array(buffer);
const randomId = () => crypto.randomUUID();
const rawPublic = async (pair) => bytes(await crypto.subtle.exportKey("raw", pair.publicKey));

// Stored signing keys ------------------------------------------------------------------------

export async function createSigningKeys(count) {
  const made = [];
  for (let i = 0; i < count; i++) {
    made.push([randomId(), await crypto.subtle.generateKey(EC, false, ["sign", "verify"])]);
  }
  await write("keys", (store) => made.forEach(([id, pair]) => store.put(pair, id)));
  return made.map(([id]) => id);
}

async function pairOf(id) {
  const pair = passing.get(id) ?? (await read("keys", (store) => store.get(id)));
  if (!pair) throw new Error("no such key");
  return pair;
}

export const publicKey = async (id) => rawPublic(await pairOf(id));
export const hasKey = async (id) => (await read("keys", (store) => store.count(id))) > 0;
export const keyIds = () => read("keys", (store) => store.getAllKeys());
export const forgetKeys = (ids) => write("keys", (store) => ids.forEach((id) => store.delete(id)));

export async function sign(id, message) {
  const pair = await pairOf(id);
  return bytes(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, message));
}

// Keys that live as long as the worker ---------------------------------------------------------

export async function createPassingKey(forAgreement) {
  const usages = forAgreement ? ["deriveBits"] : ["sign", "verify"];
  const id = randomId();
  passing.set(id, await crypto.subtle.generateKey(forAgreement ? DH : EC, false, usages));
  return id;
}

export const dropPassingKey = (id) => passing.delete(id);

export async function agree(id, peer) {
  const pair = await pairOf(id);
  const key = await crypto.subtle.importKey("raw", peer, DH, false, []);
  return bytes(await crypto.subtle.deriveBits({ name: "ECDH", public: key }, pair.privateKey, 256));
}

// Ciphers and derivations ----------------------------------------------------------------------

const gcm = (iv, aad) => ({ name: "AES-GCM", iv, additionalData: aad, tagLength: 128 });
const aesKey = (key, use) => crypto.subtle.importKey("raw", key, "AES-GCM", false, [use]);

export async function seal(key, iv, plaintext, aad) {
  return bytes(await crypto.subtle.encrypt(gcm(iv, aad), await aesKey(key, "encrypt"), plaintext));
}

export async function open(key, iv, sealed, aad) {
  return bytes(await crypto.subtle.decrypt(gcm(iv, aad), await aesKey(key, "decrypt"), sealed));
}

export async function pbkdf2(password, salt, iterations) {
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return bytes(await crypto.subtle.deriveBits(how, key, 256));
}

// A secret of this device: an HMAC key that the browser uses and will not hand out.
let deviceKey;
export async function mix(data) {
  deviceKey ??= (async () => {
    const stored = await read("keys", (store) => store.get("device-secret"));
    if (stored) return stored;
    const how = { name: "HMAC", hash: "SHA-256", length: 256 };
    const made = await crypto.subtle.generateKey(how, false, ["sign"]);
    await write("keys", (store) => store.put(made, "device-secret"));
    return made;
  })();
  return bytes(await crypto.subtle.sign("HMAC", await deviceKey, data));
}

// Records ----------------------------------------------------------------------------------------

export const readRecord = (name) => read("records", (store) => store.get(name));

export async function recordNames(prefix) {
  const range = IDBKeyRange.bound(prefix, prefix + "\uffff");
  return read("records", (store) => store.getAllKeys(range));
}

export async function commitRecords(names, values) {
  await write("records", (store) =>
    names.forEach((name, i) => (values[i] == null ? store.delete(name) : store.put(values[i], name))),
  );
}

// HTTP ---------------------------------------------------------------------------------------------

export async function send(method, url, headers, body) {
  const answer = await fetch(url, {
    method,
    headers,
    body: body && body.length ? body : undefined,
    redirect: "manual",
    credentials: "omit",
    cache: "no-store",
    referrerPolicy: "no-referrer",
  });
  if (answer.type === "opaqueredirect") throw new Error("the peer answered with a redirect");
  return {
    status: answer.status,
    headers: [...answer.headers.entries()],
    body: bytes(await answer.arrayBuffer()),
  };
}
