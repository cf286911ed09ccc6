"""The high-contrast theme, looked at by axe on every screen and state that a browser test visits.

Only colours change with it, so only the rule about colours runs again: a fraction of a whole run.
"""

from playwright.async_api import Page

_RUN = """async () => {
  const look = document.documentElement.dataset;
  const [contrast, motion] = [look.contrast, look.motion];
  Object.assign(look, { contrast: "more", motion: "less" });
  await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
  const moving = document.getAnimations().filter((each) => each instanceof CSSTransition);
  await Promise.all(moving.map((each) => each.finished.catch(() => {})));
  const { violations } = await axe.run(document, {
    runOnly: { type: "rule", values: ["color-contrast"] }, resultTypes: ["violations"],
  });
  for (const [name, value] of Object.entries({ contrast, motion })) {
    if (value === undefined) delete look[name];
    else look[name] = value;
  }
  return violations.flatMap((each) => each.nodes)
    .map((node) => `high contrast: ${node.target} ${node.any.map((check) => check.message)}`);
}"""


async def high_contrast_findings(page: Page) -> list[str]:
    """What is hard to read in high contrast, in the theme that stands. axe is on the page."""
    found: list[str] = await page.evaluate(_RUN)
    return found
