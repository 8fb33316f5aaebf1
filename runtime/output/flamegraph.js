// Zoom, search and labels of a flame graph. Boxes are nested svg elements whose x and width are percentages, each
// before those that stand on it, so the picture is whole, and fits any width, before this runs and without it.
(function () {
  "use strict";
  const root = document.documentElement;
  const spaces = "http://www.w3.org/2000/svg";
  const frames = [];
  const line = [];
  for (const element of root.querySelectorAll("svg.f")) {
    const title = element.querySelector("title").textContent;
    const depth = Number(element.getAttribute("data-depth"));
    const frame = {
      element, title, depth,
      number: frames.length,
      name: title.split("\n")[0],
      x: parseFloat(element.getAttribute("x")),
      width: parseFloat(element.getAttribute("width")),
      parent: depth ? line[depth - 1] : null,
      end: 0, // behind the last frame that stands on this one
      shown: true,
      label: element.querySelector("text"),
    };
    line[depth] = frame;
    frames.push(frame);
    for (let each = frame; each; each = each.parent) each.end = frame.number + 1;
  }
  if (!frames.length) return;
  const details = document.getElementById("details");
  const matched = document.getElementById("matched");
  const quietly = details.textContent;
  let zoomed = frames[0];
  let pattern = "";
  let glyph = 6.7;

  root.classList.add("live");
  root.setAttribute("width", "100%");

  // Where we are is in the address, so the browser's own back and forward work: #12 is zoomed, #12/read searched too.
  function place(number, text) {
    return "#" + number + (text ? "/" + encodeURIComponent(text) : "");
  }

  function go(frame) {
    if (frame !== zoomed) location.hash = place(frame.number, pattern);
  }

  function arrive() {
    const [number, ...rest] = location.hash.slice(1).split("/");
    let text = "";
    try { text = decodeURIComponent(rest.join("/")); } catch (broken) { /* somebody has edited the address */ }
    zoomed = frames[Number(number)] || frames[0];
    if (box.value !== text) box.value = text;
    draw();
    search(text);
  }

  function draw() {
    const above = new Set();
    for (let each = zoomed.parent; each; each = each.parent) above.add(each);
    for (const frame of frames) {
      const under = above.has(frame);
      const inside = frame.number >= zoomed.number && frame.number < zoomed.end;
      frame.shown = under || inside;
      frame.element.style.display = frame.shown ? "" : "none";
      frame.element.classList.toggle("above", under);
      if (!frame.shown) continue;
      frame.share = under ? 1 : frame.width / zoomed.width;
      frame.element.setAttribute("x", under ? "0%" : ((frame.x - zoomed.x) / zoomed.width) * 100 + "%");
      frame.element.setAttribute("width", frame.share * 100 + "%");
    }
    document.getElementById("reset").classList.toggle("on", zoomed !== frames[0]);
    label();
  }

  function label() {
    const width = document.getElementById("frames").getBoundingClientRect().width || 1200;
    for (const frame of frames) {
      if (!frame.shown) continue;
      frame.element.classList.toggle("thin", frame.share * width < 4); // an outline would be all there is
      const room = Math.floor((frame.share * width - 6) / glyph);
      const text = room < 2 ? "" : frame.name.length <= room ? frame.name : frame.name.slice(0, room - 1) + "…";
      if (!frame.label) {
        if (!text) continue;
        frame.label = document.createElementNS(spaces, "text");
        frame.label.setAttribute("x", "3");
        frame.label.setAttribute("y", "12");
        frame.element.appendChild(frame.label);
      }
      if (frame.label.textContent !== text) frame.label.textContent = text;
    }
  }

  function search(text) {
    pattern = text;
    let wanted = null;
    box.classList.remove("wrong");
    if (text) {
      try {
        wanted = new RegExp(text, text.toLowerCase() === text ? "i" : "");
      } catch (unfinished) { // such as "f(": look for the very text
        wanted = new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
        box.classList.add("wrong");
      }
    }
    let share = 0, count = 0, covered = -1; // what stands on a frame that was counted is not counted again
    for (const frame of frames) {
      const hit = wanted !== null && frame !== frames[0] && wanted.test(frame.name);
      frame.element.classList.toggle("match", hit);
      if (!hit || !frame.shown) continue;
      count += 1;
      const inside = frame.number >= zoomed.number && frame.number < zoomed.end;
      if (inside && frame.number >= covered) {
        share += frame.width / zoomed.width;
        covered = frame.end;
      } else if (!inside && frame.number < zoomed.number && frame.end > zoomed.number) {
        share = 1;
        covered = zoomed.end;
      }
    }
    matched.textContent = wanted === null ? "" : "matched " + (share * 100).toFixed(2) + " %, " + count + (count === 1 ? " frame" : " frames");
    document.getElementById("clear").classList.toggle("on", wanted !== null);
  }

  function look(text) {
    history.replaceState(null, "", place(zoomed.number, text));
    search(text);
  }

  const holder = document.createElementNS(spaces, "foreignObject");
  const box = document.createElementNS("http://www.w3.org/1999/xhtml", "input");
  box.setAttribute("type", "text");
  box.setAttribute("id", "search");
  box.setAttribute("placeholder", "search, regex too (Ctrl-F)");
  box.setAttribute("aria-label", "search for frames");
  box.setAttribute("spellcheck", "false");
  holder.setAttribute("x", "100%");
  holder.setAttribute("y", "12");
  holder.setAttribute("width", "240");
  holder.setAttribute("height", "26");
  holder.setAttribute("transform", "translate(-252 0)");
  holder.appendChild(box);
  root.appendChild(holder);
  box.addEventListener("input", () => look(box.value));

  const of = (event) => {
    const element = event.target.closest && event.target.closest("svg.f");
    return element ? frames[Number(element.getAttribute("data-number"))] : null;
  };
  const tell = (frame) => { details.textContent = frame ? frame.title.replace(/\n/g, " · ") : quietly; };
  frames.forEach((frame) => {
    frame.element.setAttribute("data-number", frame.number);
    frame.element.setAttribute("tabindex", frame.number ? "-1" : "0");
  });
  root.addEventListener("click", (event) => { const frame = of(event); if (frame) go(frame); });
  root.addEventListener("mouseover", (event) => tell(of(event)));
  root.addEventListener("focusin", (event) => tell(of(event)));
  document.getElementById("reset").addEventListener("click", () => go(frames[0]));
  document.getElementById("clear").addEventListener("click", () => { box.value = ""; look(""); });

  function neighbour(frame, step) {
    for (let at = frame.number + step; at >= 0 && at < frames.length; at += step)
      if (frames[at].depth === frame.depth && frames[at].shown) return frames[at];
    return frame;
  }

  // Outwards is towards the root, which is at the bottom of a flame graph and at the top of an icicle.
  const inwards = root.getAttribute("data-icicle") ? "ArrowDown" : "ArrowUp";
  const outwards = root.getAttribute("data-icicle") ? "ArrowUp" : "ArrowDown";
  root.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "f" && event.target !== box) {
      event.preventDefault();
      box.focus();
      box.select();
      return;
    }
    if (event.key === "Escape") {
      if (pattern) { box.value = ""; look(""); } else go(frames[0]);
      box.blur();
      return;
    }
    if (event.target === box || event.ctrlKey || event.altKey || event.metaKey) return;
    const frame = of(event) || zoomed;
    const inner = frames[frame.number + 1];
    const to = {
      [inwards]: inner && inner.parent === frame && inner.shown ? inner : frame,
      [outwards]: frame.parent || frame,
      ArrowLeft: neighbour(frame, -1),
      ArrowRight: neighbour(frame, 1),
    }[event.key];
    if (to) to.element.focus();
    else if (event.key === "Enter" || event.key === " ") go(frame);
    else if (event.key === "Backspace" && zoomed !== frames[0]) history.back();
    else if (event.key === "Home") go(frames[0]);
    else if (event.key === "/") { box.focus(); box.select(); } else return;
    event.preventDefault();
  });

  const sample = document.createElementNS(spaces, "text");
  sample.textContent = "M".repeat(50);
  frames[0].element.appendChild(sample);
  glyph = sample.getComputedTextLength() / 50 || glyph;
  sample.remove();
  window.addEventListener("resize", label);
  window.addEventListener("hashchange", arrive);
  arrive();
})();
