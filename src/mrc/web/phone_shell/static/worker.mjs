// The wallet itself: CPython in this worker, the ASGI app inside it. A request that waits for the
// network does not hold up the others; the app itself keeps acts apart.

import { loadPyodide } from "/vendor/pyodide/pyodide.mjs";
import * as host from "/host.mjs";

const tell = (percent, step) => postMessage({ kind: "progress", percent, step });

async function wake() {
  tell(10, "loading");
  const bundle = fetch("/bundle.zip").then((answer) => {
    if (!answer.ok) throw new Error(`bundle.zip: ${answer.status}`);
    return answer.arrayBuffer();
  });
  const trust = fetch("/trust.json").then((answer) => {
    if (!answer.ok) throw new Error(`trust.json: ${answer.status}`);
    return answer.text();
  });
  const pyodide = await loadPyodide({ indexURL: "/vendor/pyodide/" });
  tell(70, "unpacking");
  pyodide.FS.mkdirTree("/wallet");
  pyodide.unpackArchive(await bundle, "zip", { extractDir: "/wallet" });
  tell(85, "almost");
  pyodide.runPython("import sys; sys.path.insert(0, '/wallet')");
  const wiring = pyodide.pyimport("mrc.wiring.browser");
  const phone = await wiring.wake(host, self.location.origin, await trust);
  postMessage({ kind: "ready" });
  return phone;
}

const awake = wake();
awake.catch((error) => postMessage({ kind: "failed", reason: String(error?.message ?? error) }));

self.addEventListener("message", ({ data, ports }) => {
  if (data.kind === "request") answer(data, ports[0]);
});

async function answer(request, port) {
  const phone = await awake;
  const { method, path, query, headers, body } = request;
  const given = await phone.answer(method, path, query, headers, new Uint8Array(body));
  const [status, replied, content] = given;
  const bytes = content.slice();
  port.postMessage({ status, headers: replied, body: bytes.buffer }, [bytes.buffer]);
}
