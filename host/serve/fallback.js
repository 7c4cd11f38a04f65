// Loaded by a fallback shell: waits for the page and then shows it.
(() => {
  const base = new URL(document.currentScript.src).pathname.replace(/\/_wisr\/.*/, "");
  let path = location.pathname.slice(base.length).replace(/\/+$/, "") || "/index";
  if (/^\/index(\/|$)/.test(path) && location.pathname !== base + "/" && location.pathname !== base) path = "/index" + path;
  const wait = (delay) =>
    fetch(base + "/_wisr/data" + path + ".json").then(
      (r) => (r.status < 500 ? location.reload() : again(delay)),
      () => again(delay)
    );
  const again = (delay) => {
    document.documentElement.dataset.fallback = "failed";
    setTimeout(() => wait(Math.min(2 * delay, 3e4)), delay);
  };
  wait(1e3);
})();
