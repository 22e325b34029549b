// Search and filter. Without this script the whole report is readable; it only hides what does not match.
(() => {
  "use strict";
  const form = document.getElementById("filter");
  const words = document.getElementById("words");
  const verdict = document.getElementById("verdict");
  const shown = document.getElementById("shown");
  const findings = Array.from(document.querySelectorAll("article.finding"), (article) => ({
    article,
    row: document.querySelector(`tr[data-for="${CSS.escape(article.id)}"]`),
    text: null,
  }));
  const apply = () => {
    const wanted = words.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const finding of findings) {
      if (wanted.length && finding.text === null) {
        finding.text = finding.article.textContent.toLocaleLowerCase();
      }
      const fits =
        (!verdict.value || finding.article.dataset.verdict === verdict.value) &&
        wanted.every((word) => finding.text.includes(word));
      finding.article.hidden = !fits;
      if (finding.row) finding.row.hidden = !fits;
      count += fits ? 1 : 0;
    }
    shown.textContent = `${count} / ${findings.length} ${shown.dataset.word}`;
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  words.addEventListener("input", apply);
  verdict.addEventListener("input", apply);
  apply();

  // A link into a folded or hidden part opens it.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.hidden) {
      words.value = verdict.value = "";
      apply();
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);

  // On paper nothing can be unfolded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = Array.from(document.querySelectorAll("details:not([open])"));
    for (const part of folded) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of folded) part.open = false;
  });
})();
