// Comfort on top of pages that work without it: keys, countdowns that run, no double sending.

const page = document.body;
const skew = Date.parse(page.dataset.now) - Date.now(); // the desk's clock may be moved; ours may be wrong
const chinese = page.dataset.lang === "zh";

// ---- countdowns: the same words as moments.py writes ----

function span(milliseconds) {
  const minutes = Math.max(1, Math.floor(Math.abs(milliseconds) / 60000));
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const units = chinese ? ["天", "小时", "分"] : ["d", "h", "min"];
  return [[days, units[0]], [hours, units[1]], [days ? 0 : minutes % 60, units[2]]]
    .filter(([number]) => number)
    .map(([number, unit]) => `${number} ${unit}`)
    .join(" ");
}

function countDown() {
  for (const shown of document.querySelectorAll("[data-due]")) {
    const left = Date.parse(shown.dataset.due) - (Date.now() + skew);
    const words = span(left);
    if (chinese) shown.textContent = left > 0 ? `还有 ${words}` : `已超时 ${words}`;
    else shown.textContent = left > 0 ? `${words} left` : `${words} overdue`;
  }
}

setInterval(countDown, 20000);

// ---- a form is sent once ----

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", () => {
    // After the browser has read which button was pressed.
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
  });
}

// Coming back by the back button: the page is shown as it was, buttons included.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form button").forEach((button) => { button.disabled = false; });
});

// ---- a link to a form opens it ----

for (const link of document.querySelectorAll("a[href^='#act-']")) {
  link.addEventListener("click", () => {
    const form = document.getElementById(link.hash.slice(1));
    if (form) form.open = true;
    setTimeout(() => form?.querySelector("textarea, input:not([type=hidden])")?.focus());
  });
}

// ---- typed words are not left by mistake ----

let sending = false;
addEventListener("submit", () => { sending = true; });
addEventListener("beforeunload", (event) => {
  const typed = [...document.querySelectorAll("textarea")].some((area) => area.value !== area.defaultValue);
  if (typed && !sending) event.preventDefault();
});

// ---- keys ----

const list = document.querySelector("[data-list]");
const keys = document.getElementById("keys");

function move(step) {
  const links = [...(list?.querySelectorAll("a.cover") ?? [])];
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1);
  links[next].focus();
  links[next].closest("li").scrollIntoView({ block: "nearest" });
}

const actions = {
  j: () => (list ? move(1) : document.querySelector("[data-next]")?.click()),
  k: () => (list ? move(-1) : history.back()),
  e: () => {
    const area = document.querySelector("[data-draft] textarea");
    area?.focus();
    area?.setSelectionRange(0, 0);
  },
  a: () => {
    const button = document.querySelector("[data-approve]");
    if (document.activeElement === button) button.click(); // the second press sends
    button?.focus();
  },
  u: () => { location.href = "/"; },
  "?": () => keys?.showModal(),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || keys?.open) return;
  if (event.target.matches("input, textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (!Object.hasOwn(actions, event.key) || !keys) return;
  event.preventDefault();
  actions[event.key]();
});
