// The wallet itself: CPython in this worker, the ASGI app inside it. Requests are answered one at a
// time, in the order they came, as one phone has one holder.

import { loadPyodide } from "/vendor/pyodide/pyodide.mjs";
import * as host from "/host.mjs";

const tell = (percent, text) => postMessage({ kind: "progress", percent, text });

async function wake() {
  tell(10, "Loading…");
  const bundle = fetch("/bundle.zip").then((answer) => {
    if (!answer.ok) throw new Error(`bundle.zip: ${answer.status}`);
    return answer.arrayBuffer();
  });
  const pyodide = await loadPyodide({ indexURL: "/vendor/pyodide/" });
  tell(70, "Unpacking…");
  pyodide.FS.mkdirTree("/wallet");
  pyodide.unpackArchive(await bundle, "zip", { extractDir: "/wallet" });
  tell(85, "Almost ready…");
  pyodide.runPython("import sys; sys.path.insert(0, '/wallet')");
  const wiring = pyodide.pyimport("mrc.wiring.browser");
  const phone = await wiring.wake(host, self.location.origin);
  postMessage({ kind: "ready" });
  return phone;
}

const awake = wake();
awake.catch((error) => postMessage({ kind: "failed", reason: String(error?.message ?? error) }));

let queue = Promise.resolve();
self.addEventListener("message", ({ data, ports }) => {
  if (data.kind !== "request") return;
  queue = queue.then(() => answer(data, ports[0]));
});

async function answer(request, port) {
  const phone = await awake;
  const { method, path, query, headers, body } = request;
  const given = await phone.answer(method, path, query, headers, new Uint8Array(body));
  const [status, replied, content] = given;
  const bytes = content.slice();
  port.postMessage({ status, headers: replied, body: bytes.buffer }, [bytes.buffer]);
}
