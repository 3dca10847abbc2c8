"use strict";
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  const remembered = (value) => {
    // A page from a file may have no storage.
    try { if (value) localStorage.setItem("sttbridge-theme", value); else return localStorage.getItem("sttbridge-theme"); } catch { return null; }
  };
  const paint = () => { root.dataset.theme = chosen || (dark.matches ? "dark" : "light"); };
  chosen = remembered();
  paint();
  dark.addEventListener("change", paint);
  document.getElementById("theme").addEventListener("click", () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    remembered(chosen);
    paint();
  });

  const files = [...document.querySelectorAll("details.file")];
  const openAll = (open) => () => files.forEach((file) => { file.open = open; });
  document.getElementById("open-all").addEventListener("click", openAll(true));
  document.getElementById("close-all").addEventListener("click", openAll(false));
  const unfold = (button) => {
    const gap = button.closest("tbody");
    gap.nextElementSibling.hidden = false;
    gap.hidden = true;
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".unfold");
    if (button) unfold(button);
  });

  const reveal = (name) => {
    const target = document.getElementById(name);
    if (!target) return;
    const file = target.closest("details");
    if (file) file.open = true;
    const folded = target.closest("tbody[hidden]");
    if (folded) unfold(folded.previousElementSibling.querySelector(".unfold"));
    target.scrollIntoView({ block: "center" });
  };

  const form = document.getElementById("filters");
  if (!form) { addEventListener("hashchange", () => reveal(location.hash.slice(1))); reveal(location.hash.slice(1)); return; }
  const rows = [...document.querySelectorAll("[data-level]")].map((row) => ({
    row, level: row.dataset.level, code: row.dataset.code, file: row.dataset.file,
    text: `${row.dataset.code} ${row.dataset.file} ${row.textContent}`.toLowerCase(),
    isEntry: Boolean(row.closest(".findings")),
  }));
  const entries = rows.filter((one) => one.isEntry).length;

  const wanted = () => ({
    level: [...form.elements].filter((box) => box.name === "level" && box.checked).map((box) => box.value),
    code: form.elements.code.value, file: form.elements.file.value, text: form.elements.text.value.trim().toLowerCase(),
  });
  const apply = () => {
    const want = wanted();
    const isSet = want.level.length || want.code || want.text;
    const matching = new Set();
    let shown = 0;
    for (const one of rows) {
      const fits = (!want.level.length || want.level.includes(one.level)) && (!want.code || one.code === want.code)
        && (!want.file || one.file === want.file) && (!want.text || one.text.includes(want.text));
      one.row.hidden = !fits;
      if (fits) { matching.add(one.file); if (one.isEntry) shown += 1; }
    }
    const few = (isSet || want.file) && matching.size <= 3;
    for (const file of files) {
      if (few && matching.has(file.dataset.file)) file.open = true;
      file.hidden = Boolean((want.file && file.dataset.file !== want.file) || (isSet && !matching.has(file.dataset.file)));
    }
    document.getElementById("none").hidden = shown > 0;
    document.getElementById("shown").value = shown === entries
      ? `${entries} ${entries === 1 ? "finding" : "findings"}` : `${shown} of ${entries} findings`;
  };
  const write = () => {
    const want = wanted();
    const words = new URLSearchParams();
    if (want.level.length) words.set("level", want.level.join(","));
    for (const name of ["code", "file", "text"]) if (want[name]) words.set(name, want[name]);
    const text = words.toString();
    try { history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search); } catch { /* not from every place */ }
  };
  const read = () => {
    const hash = location.hash.slice(1);
    if (hash && !hash.includes("=")) { reveal(hash); return; }
    const words = new URLSearchParams(hash);
    const levels = (words.get("level") || "").split(",");
    for (const box of form.elements) if (box.name === "level") box.checked = levels.includes(box.value);
    for (const name of ["code", "file", "text"]) form.elements[name].value = words.get(name) || "";
    // A select shows nothing for a value that it has not.
    for (const name of ["code", "file"]) if (form.elements[name].selectedIndex < 0) form.elements[name].value = "";
    apply();
  };
  const changed = () => { apply(); write(); };
  form.addEventListener("input", changed);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(changed));
  addEventListener("hashchange", read);
  document.addEventListener("keydown", (event) => {
    const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox";
    if (event.key === "/" && !isTyping) { event.preventDefault(); form.elements.text.focus(); }
    if (event.key === "Escape" && isTyping) event.target.blur();
  });
  read();
})();
