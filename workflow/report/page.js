"use strict";

// files that the page carries

async function unpack(id) {
  const file = document.getElementById(id);
  const packed = Uint8Array.from(atob(file.textContent), (letter) => letter.charCodeAt(0));
  const content = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Blob([await new Response(content).arrayBuffer()], { type: file.dataset.kind });
}

async function save(id) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await unpack(id));
  link.download = document.getElementById(id).dataset.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

for (const button of document.querySelectorAll("button.download")) {
  button.addEventListener("click", () => save(button.dataset.file));
}
for (const image of document.querySelectorAll("img[data-file]")) {
  unpack(image.dataset.file).then((file) => { image.src = URL.createObjectURL(file); });
}

// claims: open, filter, sort

const table = document.getElementById("claim-table");
const claims = [...table.querySelectorAll("tbody.claim")];
const filters = document.querySelector(".filters");

function open(claim, wanted) {
  claim.querySelector(".opener").setAttribute("aria-expanded", wanted);
  claim.querySelector(".parts").hidden = !wanted;
}

for (const claim of claims) {
  claim.querySelector(".opener").addEventListener("click", () => open(claim, claim.querySelector(".parts").hidden));
}

document.getElementById("open-all").addEventListener("click", ({ target }) => {
  const wanted = target.getAttribute("aria-pressed") === "false";
  target.setAttribute("aria-pressed", wanted);
  target.textContent = wanted ? "Close all" : "Open all";
  claims.forEach((claim) => open(claim, wanted));
});

function filter() {
  const wanted = new FormData(filters);
  const verdicts = wanted.getAll("verdict");
  const words = wanted.get("words").toLowerCase().split(/\s+/);
  let shown = 0;
  for (const claim of claims) {
    const text = claim.textContent.toLowerCase();
    claim.hidden = !(verdicts.includes(claim.dataset.verdict) && words.every((word) => text.includes(word)));
    shown += !claim.hidden;
  }
  document.getElementById("shown").textContent = `${shown} of ${claims.length} claims`;
}

filters.addEventListener("input", filter);
filters.addEventListener("submit", (event) => event.preventDefault());

function compare(first, second) {
  if (first === second) return 0;
  const numbers = [Number(first), Number(second)];
  if (Number.isNaN(numbers[0]) && Number.isNaN(numbers[1])) return first.localeCompare(second);
  if (Number.isNaN(numbers[0])) return 1; // without a number: last
  if (Number.isNaN(numbers[1])) return -1;
  return numbers[0] - numbers[1];
}

for (const button of table.querySelectorAll("thead button[data-key]")) {
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const falling = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const key = button.dataset.key;
    const rising = claims.toSorted((a, b) => compare(a.dataset[key], b.dataset[key]));
    table.append(...(falling ? rising.reverse() : rising));
  });
}

function follow() {
  const claim = location.hash.startsWith("#claim-") && document.getElementById(location.hash.slice(1));
  if (claim && claims.includes(claim)) open(claim, true);
}

addEventListener("hashchange", follow);
follow();

// charts

const step = document.getElementById("step");
const seed = document.getElementById("seed");
const views = [];

function tell(name, value) {
  for (const view of views) {
    if (name in view.getState().signals) view.signal(name, value).runAsync();
  }
}

function move() {
  const steps = step.dataset.steps.split(" ").map(Number);
  document.getElementById("step-shown").textContent = steps[step.value];
  step.setAttribute("aria-valuetext", `step ${steps[step.value]}`);
  tell("step", steps[step.value]);
}

function choose() {
  tell("seed", Number(seed.value));
}

async function draw() {
  const places = document.querySelectorAll("[data-chart]");
  for (const place of places) place.textContent = "drawing …";
  const library = document.createElement("script");
  library.textContent = await (await unpack("charts-library")).text();
  document.head.append(library);
  const charts = JSON.parse(await (await unpack("charts-drawn")).text());
  for (const place of places) {
    const { view } = await vegaEmbed(place, charts[place.dataset.chart], { actions: false, renderer: "svg" });
    views.push(view);
  }
  // now, too: a browser may keep what was chosen before a reload
  if (step) {
    step.addEventListener("input", move);
    move();
  }
  if (seed) {
    seed.addEventListener("change", choose);
    choose();
  }
  document.body.dataset.drawn = views.length;
}

if (document.querySelector("[data-chart]")) draw();
