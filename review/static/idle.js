// Warns before the server signs off whoever has done nothing for a while, and then takes the page away.
const WARN_BEFORE_MS = 120_000;
const ASK_AT_MOST_EVERY_MS = 60_000;

const box = document.querySelector(".idle");
const limitMs = Number(document.documentElement.dataset.idleMinutes) * 60_000;
const token = document.querySelector('input[name="csrf"]').value;
let asked = Date.now(); // when the server last heard of us
let active = false;

// Typing is doing something, though the server does not see it.
for (const kind of ["keydown", "pointerdown", "input"]) {
  document.addEventListener(kind, () => (active = true), { passive: true });
}
box.querySelector("button").addEventListener("click", stay);

async function stay() {
  const asking = Date.now();
  const body = new URLSearchParams({ csrf: token });
  try {
    const answer = await fetch(box.dataset.stay, { method: "POST", body, redirect: "manual" });
    if (answer.status !== 204) leave();
    asked = asking;
    active = false;
    box.hidden = true;
  } catch {
    // The network is away; the clock goes on.
  }
}

function leave() {
  location.replace(box.dataset.signedOff);
}

setInterval(() => {
  const idleMs = Date.now() - asked;
  if (idleMs >= limitMs) leave();
  else if (active && idleMs >= Math.min(ASK_AT_MOST_EVERY_MS, limitMs / 2)) stay();
  else if (idleMs >= limitMs - Math.min(WARN_BEFORE_MS, limitMs / 2) && box.hidden) {
    box.hidden = false;
    box.querySelector("button").focus();
  }
}, 1000);
