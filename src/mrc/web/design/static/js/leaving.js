// A request that ends because its page is being left is no fault: nobody waits for it there. Runs
// before htmx, which begins at once with what a page loads by itself.
"use strict";
{
  let leaving = false;
  addEventListener("beforeunload", () => { leaving = true; });
  addEventListener("pageshow", () => { leaving = false; });

  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    const send = ctx.fetch;
    ctx.fetch = async (...request) => {
      try {
        return await send(...request);
      } catch (fault) {
        throw leaving ? new DOMException("the page was left", "AbortError") : fault;
      }
    };
  });
}
