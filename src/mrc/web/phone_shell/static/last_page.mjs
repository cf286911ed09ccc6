// The card's face as it was last seen, from its sealed record, while Python wakes. The record is the
// vault's (mrc/wallet/vault.py): PBKDF2 of the PIN and the device's secret open the data key, and that
// opens the record. Nothing is shown without the PIN, and a try is counted before it is judged.

import * as host from "/host.mjs";

const LOCK = "vault/lock";
const TRIES = "vault/tries";
const PAGE = "app/last-page";
const SEALED = "sealed/";
const ITERATIONS = 210_000;
const [SALT, IV] = [32, 12];
const BEFORE_PAUSE = 5;
const PAUSES = [60_000, 300_000, 3_600_000]; // ms, as in mrc/wallet/pin.py

const text = new TextEncoder();
const joined = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));

// The counter after one more try; null while paused or where the PIN is blocked.
export function counted(tries, now) {
  const used = tries?.used ?? 0;
  if (used >= BEFORE_PAUSE * (PAUSES.length + 1)) return null;
  const round = Math.floor(used / BEFORE_PAUSE);
  const paused = round > 0 && used % BEFORE_PAUSE === 0 && tries.last_at;
  if (paused && now < Date.parse(tries.last_at) + PAUSES[round - 1]) return null;
  return { used: used + 1, last_at: new Date(now).toISOString() };
}

async function pinKey(pin, salt) {
  const [fromPin, fromDevice] = await Promise.all([
    host.pbkdf2(text.encode(pin), salt, ITERATIONS), host.mix(salt),
  ]);
  const secret = await crypto.subtle.importKey("raw", joined(fromPin, fromDevice), "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt, info: text.encode("mobile-id vault") };
  return new Uint8Array(await crypto.subtle.deriveBits(how, secret, 256));
}

// The page where the PIN is right; "wrong" where it is not (that try was counted); null where there
// is no page, it is over, or no try is allowed now: the wallet itself answers then.
export async function openLastPage(pin) {
  const [lock, sealed, stored] = await Promise.all(
    [LOCK, SEALED + PAGE, TRIES].map((name) => host.readRecord(name)),
  );
  if (!lock || !sealed) return null;
  const tries = counted(stored ? JSON.parse(new TextDecoder().decode(stored)) : null, Date.now());
  if (tries === null) return null;
  await host.commitRecords([TRIES], [text.encode(JSON.stringify(tries))]);
  const salt = lock.slice(0, SALT);
  let dataKey;
  try {
    const key = await pinKey(pin, salt);
    dataKey = await host.open(key, lock.slice(SALT, SALT + IV), lock.slice(SALT + IV), text.encode("mobile-id data key"));
  } catch { return "wrong"; }
  await host.commitRecords([TRIES], [null]);
  try {
    const opened = await host.open(dataKey, sealed.slice(0, IV), sealed.slice(IV), text.encode(PAGE));
    const page = JSON.parse(new TextDecoder().decode(opened));
    return Date.now() < Date.parse(page.until) ? page : null;
  } catch { return null; /* somebody changed the record: the wallet itself tells what is wrong */ }
}

function made(tag, className, content, language) {
  const element = document.createElement(tag);
  element.className = className;
  if (content) element.textContent = content;
  if (language) element.lang = language;
  return element;
}

async function portrait(face) {
  const canvas = made("canvas", "last-portrait");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", face.portrait_words);
  const encoded = atob(face.portrait.slice(face.portrait.indexOf(",") + 1));
  const picture = await createImageBitmap(new Blob([Uint8Array.from(encoded, (c) => c.charCodeAt(0))]));
  [canvas.width, canvas.height] = [picture.width, picture.height];
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return canvas;
}

// Draws the face into `place`. Gone when the app leaves the front, as masked values are.
export async function showLastPage(page, place) {
  const { face } = page;
  place.lang = face.language;
  const card = made("div", `last-card last-${face.kind}`);
  const titles = made("p", "last-title");
  titles.append(made("b", "", face.title_korean, "ko"));
  if (face.title !== face.title_korean) titles.append(made("span", "", face.title));
  const lines = made("dl", "last-lines");
  for (const [label, value] of face.lines) {
    const line = made("div", "");
    line.append(made("dt", "", label), made("dd", "", value));
    lines.append(line);
  }
  const words = made("div", "last-words");
  const name = made("p", "last-name", face.passport_name);
  name.translate = false;
  words.append(name, made("p", "", face.korean_name, "ko"), lines);
  const body = made("div", "last-body");
  if (face.portrait) body.append(await portrait(face));
  body.append(words);
  card.append(titles, body);
  const seen = made("p", "last-seen", `${face.not_live} ${page.seen}`);
  seen.setAttribute("role", "status");
  place.replaceChildren(card, seen);
  place.hidden = false;
  document.documentElement.dataset.last = "shown";
  document.addEventListener("visibilitychange", () => hideLastPage(place), { once: true });
}

export function hideLastPage(place) {
  place.replaceChildren();
  place.hidden = true;
  delete document.documentElement.dataset.last;
}
