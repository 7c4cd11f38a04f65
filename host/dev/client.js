// Reloads the page when the site changed, and shows what does not build.
// Styles are set through the object model: pages may forbid inline ones.
(() => {
  const base = document.currentScript.src.replace(/client\.js$/, "");
  const source = new EventSource(base + "events");
  let panel = null;
  let lost = false;

  source.addEventListener("open", () => {
    if (lost) location.reload();
  });
  source.addEventListener("error", () => {
    lost = true;
  });
  source.addEventListener("reload", () => location.reload());
  source.addEventListener("problems", (event) => {
    show(JSON.parse(event.data) || []);
  });
  addEventListener("pagehide", () => source.close());

  // The page's own styles stop at each element.
  function element(name, text, style) {
    const node = document.createElement(name);
    node.textContent = text;
    Object.assign(node.style, { all: "initial", display: "block", font: "inherit", color: "inherit", ...style });
    return node;
  }

  function show(problems) {
    if (panel) panel.remove();
    panel = null;
    if (problems.length === 0) return;
    panel = element("div", "", {
      position: "fixed", inset: "auto 1rem 1rem 1rem", maxHeight: "70vh", overflow: "auto", zIndex: 2147483647,
      background: "#1b1b1f", color: "#f4f4f5", font: "14px/1.5 ui-monospace, monospace", padding: "1rem 1.25rem",
      borderLeft: "4px solid #f0564a", borderRadius: "6px", boxShadow: "0 8px 40px rgba(0,0,0,.4)",
    });
    panel.setAttribute("role", "alert");
    const close = element("button", "Hide", {
      float: "right", background: "#3a3a41", border: "0", borderRadius: "4px", padding: "2px 10px", cursor: "pointer",
    });
    close.addEventListener("click", () => panel.remove());
    panel.append(close);
    for (const problem of problems) {
      panel.append(element("strong", problem.plugin, { fontWeight: "bold", color: "#ff9d94" }));
      const served = problem.served ? "The last version that worked is still served." : "Its pages are not served.";
      panel.append(element("p", served, { margin: "0 0 .25rem", color: "#a1a1aa" }));
      panel.append(element("pre", problem.message, { margin: ".25rem 0 1rem", whiteSpace: "pre-wrap", overflowWrap: "anywhere" }));
    }
    document.documentElement.append(panel);
  }
})();
