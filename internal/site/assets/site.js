// The menu on a small screen, and the search. Everything comes from beside this
// file; without scripts the menu stands below the text.
"use strict";
(() => {
  const body = document.body, root = body.dataset.root;
  const menu = document.getElementById("menu"), nav = document.getElementById("nav");
  const find = document.getElementById("find"), words = document.getElementById("words"), found = document.getElementById("found");

  body.classList.add("scripted");
  menu.hidden = find.hidden = false;
  menu.addEventListener("click", () => {
    menu.setAttribute("aria-expanded", String(nav.classList.toggle("open")));
    if (nav.classList.contains("open")) window.scrollTo(0, 0);
  });
  const here = nav.querySelector("[aria-current]");
  if (here && nav.scrollHeight > nav.clientHeight) nav.scrollTop = here.offsetTop - nav.clientHeight / 2;

  // TIME_WAIT, time-wait and TimeWait are one word.
  const fold = (text) => text.toLowerCase().replace(/[-_]/g, "");
  const parts = (query) => query.match(/\p{Script=Han}+|[^\s\p{Script=Han}，。、：；？！]+/gu) || [];
  const pairs = (term) => /\p{Script=Han}/u.test(term) && term.length > 2 ? Array.from({length: term.length - 1}, (_, i) => term.slice(i, i + 2)) : [term];

  let loading = null;
  const sections = () => loading ||= new Promise((done) => {
    const script = document.createElement("script");
    script.src = root + body.dataset.sections;
    script.onload = () => done(window.tcpvitalsSections.map((s) => ({...s, head: fold(s.p + " " + s.t), text: fold(s.x), name: fold(s.t)})));
    document.head.append(script);
  });

  // rank tells how well a section answers: where each term stands, the heading first.
  const rank = (s, terms) => {
    let score = 0, hits = 0;
    for (const term of terms) {
      const inHead = s.head.includes(term), inText = s.text.includes(term);
      if (inHead || inText) hits++;
      score += (s.name === term ? 40 : s.name.includes(term) ? 12 : inHead ? 6 : 0) + (inText ? 1 : 0);
    }
    return {s, hits, score};
  };
  const answer = (all, query) => {
    const whole = parts(query).map(fold).filter(Boolean);
    const best = (terms, least) => all.map((s) => rank(s, terms)).filter((r) => r.hits >= least).sort((a, b) => 5 * (b.hits - a.hits) + b.score - a.score).slice(0, 20);
    const exact = best(whole, whole.length);
    if (exact.length || !whole.length) return {hits: exact, terms: whole};
    const terms = whole.flatMap(pairs);
    return {hits: best(terms, Math.max(1, Math.ceil(terms.length / 3))), terms};
  };

  // marked appends text with the terms marked; nothing of it is read as HTML.
  const marked = (to, text, terms) => {
    const loose = terms.map((t) => [...t].map((c) => c.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("[-_]?")).join("|");
    if (!loose) return to.append(text);
    let at = 0;
    for (const m of text.matchAll(new RegExp(loose, "gi"))) {
      to.append(text.slice(at, m.index));
      const mark = document.createElement("mark");
      mark.textContent = m[0];
      to.append(mark);
      at = m.index + m[0].length;
    }
    to.append(text.slice(at));
  };
  const excerpt = (s, terms) => {
    const text = s.x, at = Math.max(0, ...terms.slice(0, 1).map((t) => fold(text).indexOf(t)));
    const from = Math.max(0, at - 50);
    return (from > 0 ? "…" : "") + text.slice(from, from + 170) + (text.length > from + 170 ? "…" : "");
  };

  const show = async () => {
    const query = words.value.trim();
    found.hidden = query === "";
    if (found.hidden) return;
    const {hits, terms} = answer(await sections(), query);
    if (words.value.trim() !== query) return;
    if (!hits.length) {
      found.textContent = body.dataset.none;
      return;
    }
    const list = document.createElement("ul");
    for (const {s} of hits) {
      const row = document.createElement("li"), link = document.createElement("a"), text = document.createElement("p");
      link.href = root + s.u;
      marked(link, s.p === s.t ? s.t : s.p + " › " + s.t, terms);
      marked(text, excerpt(s, terms), terms);
      row.append(link, text);
      list.append(row);
    }
    found.replaceChildren(list);
  };
  const close = () => { found.hidden = true; };
  words.addEventListener("focus", sections);
  words.addEventListener("input", show);
  find.addEventListener("submit", (e) => {
    e.preventDefault();
    const first = found.querySelector("a");
    if (first && !found.hidden) first.click();
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") close();
    if (e.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) {
      e.preventDefault();
      words.focus();
    }
  });
  document.addEventListener("click", (e) => {
    if (!found.contains(e.target) && !find.contains(e.target) || e.target.closest("#found a")) close();
  });
})();
