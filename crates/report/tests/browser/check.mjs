// Looks at rendered reports in a headless browser: `node check.mjs FILE.html...`.
//
// Goal: a report opens nothing but itself, runs without an error, and can be read by everybody.
// Method: html-validate over the text; then Chromium with axe-core in light, dark and narrow; all folded parts are
// opened before axe looks. Prints one line per file and exits 1 when something is found.
import { readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { HtmlValidate } from "html-validate";
import { chromium } from "playwright-core";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const files = process.argv.slice(2);
const problems = [];

const rules = new HtmlValidate({
  extends: ["html-validate:standard"],
  rules: {
    // Matters of taste, not of correctness: our writer puts everything on long lines.
    "long-title": "off",
    "no-trailing-whitespace": "off",
  },
});

for (const file of files) {
  const report = await rules.validateFile(file);
  for (const result of report.results) {
    for (const message of result.messages.filter((message) => message.severity === 2)) {
      problems.push(`${file}:${message.line}:${message.column} ${message.ruleId}: ${message.message}`);
    }
  }
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
for (const file of files) {
  const address = pathToFileURL(file).href;
  const looks = [
    { name: "light", viewport: { width: 1280, height: 900 }, colorScheme: "light" },
    { name: "dark", viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
    { name: "narrow", viewport: { width: 360, height: 740 }, colorScheme: "light" },
  ];
  // A long report looks like a short one: once is enough for what axe needs a minute for.
  const { size } = await stat(file);
  for (const { name, ...look } of size > 2e6 ? looks.slice(2) : looks) {
    // The page's own policy stays in force; axe comes in over the debugger, not as a script of the page.
    const page = await browser.newPage(look);
    const say = (text) => problems.push(`${file} (${name}): ${text}`);
    page.on("console", (message) => message.type() === "error" && say(`console: ${message.text()}`));
    page.on("pageerror", (error) => say(`script: ${error.message}`));
    page.on("request", (request) => request.url() !== address && say(`request: ${request.url()}`));
    page.on("dialog", (dialog) => (say(`dialog: ${dialog.message()}`), dialog.dismiss()));
    await page.goto(address);
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
    const figures = await page.evaluate(() => {
      const paint = performance.getEntriesByName("first-contentful-paint")[0];
      const words = document.getElementById("words");
      const start = performance.now();
      words.value = "payments";
      words.dispatchEvent(new Event("input"));
      document.body.getBoundingClientRect();
      const filter = performance.now() - start;
      words.value = "";
      words.dispatchEvent(new Event("input"));
      const walker = document.createTreeWalker(document, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
      let nodes = 0;
      while (walker.nextNode()) nodes += 1;
      for (const part of document.querySelectorAll("details")) part.open = true;
      const sideways = document.documentElement.scrollWidth - document.documentElement.clientWidth;
      return { paint: paint.startTime, filter, nodes, sideways };
    });
    if (figures.nodes >= 20000) say(`${figures.nodes} nodes`);
    if (figures.sideways > 0) say(`the page scrolls sideways by ${figures.sideways} pixels`);
    await page.evaluate(axe);
    const found = await page.evaluate(() =>
      axe.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        resultTypes: ["violations"],
      }),
    );
    for (const violation of found.violations) {
      if (!["serious", "critical", "moderate"].includes(violation.impact)) continue;
      const where = violation.nodes.slice(0, 3).map((node) => node.target.join(" "));
      say(`axe ${violation.impact} ${violation.id} (${violation.nodes.length}): ${where.join(" | ")}`);
    }
    const { paint, filter, nodes } = figures;
    console.log(`${file} (${name}): ${nodes} nodes, first paint ${paint.toFixed(0)} ms, filter ${filter.toFixed(0)} ms`);
    await page.close();
  }
}
await browser.close();

for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
