// Reloads the page when the site was built again. Where it could not be, a bar says why.
(() => {
  "use strict";
  const { site } = document.currentScript.dataset;
  let events;
  let bar;

  function hear({ data }) {
    const now = JSON.parse(data);
    if (now.site !== site || (bar && now.fault === null)) location.reload();
    else if (now.fault !== null) show(`This page is not up to date. ${now.fault}`);
  }

  function show(text) {
    if (!bar) {
      bar = document.createElement("div");
      bar.id = "tidings-fault";
      bar.setAttribute("role", "alert");
      Object.assign(bar.style, {
        position: "fixed",
        inset: "auto 0 0 0",
        zIndex: "1000",
        maxHeight: "30vh",
        overflow: "auto",
        padding: "0.6rem 1rem",
        font: "0.9rem/1.4 system-ui, sans-serif",
        overflowWrap: "anywhere",
        color: "#fff",
        background: "#8c1d18",
      });
      document.body.append(bar);
    }
    if (bar.textContent !== text) bar.textContent = text;
  }

  // A browser has six connections to a server: pages that nobody looks at take none.
  function connect() {
    if (document.hidden) {
      events?.close();
      events = undefined;
    } else if (!events) {
      events = new EventSource("/.tidings/events");
      events.onmessage = hear;
    }
  }

  document.addEventListener("visibilitychange", connect);
  connect();
})();
