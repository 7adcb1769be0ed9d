"use strict";
// Draws the charts of a report from the JSON in the page. It asks for nothing and keeps nothing.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  const sync = uPlot.sync("run");
  const charts = new Map();
  const NEAR_PX = 14;
  const MARK_PX = 5;
  const DAY_MS = 86_400_000;

  const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 8 });
  const compact = new Intl.NumberFormat("en", { maximumSignificantDigits: 6, notation: "compact" });
  const text = (value, unit) => (value == null ? "–" : `${number.format(value)}${unit}`);
  const time = (ms) => (ms == null ? "–" : new Date(ms).toISOString().replace(".000Z", "Z"));

  // ISO dates: day and month in any other order are read both ways.
  function timeTicks(_chart, ticks, _axis, _space, step) {
    let above = "";
    return ticks.map((ms) => {
      const iso = new Date(ms).toISOString();
      const digits = step >= 60_000 ? 16 : step >= 1_000 ? 19 : 23;
      const [fine, coarse] = step >= DAY_MS ? [iso.slice(5, 10), iso.slice(0, 4)] : [iso.slice(11, digits), iso.slice(0, 10)];
      const shown = coarse === above ? fine : `${fine}\n${coarse}`;
      above = coarse;
      return shown;
    });
  }

  function axes(unit) {
    const shared = { stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line") } };
    const values = (_, ticks) => ticks.map((tick) => (tick == null ? "" : `${compact.format(tick)}${unit}`));
    return [{ ...shared, space: 84, values: timeTicks }, { ...shared, size: 64, values }];
  }

  function draw(id, height, columns, label, style, extra = {}) {
    const place = byId(id);
    charts.get(id)?.destroy();
    if (columns[0].length === 0) {
      place.textContent = "Nothing to draw.";
      return;
    }
    place.textContent = "";
    const unit = extra.unit ?? "";
    const options = {
      width: Math.max(place.clientWidth, 200),
      height,
      ms: 1,
      tzDate: (ms) => uPlot.tzDate(new Date(ms), "Etc/UTC"),
      cursor: { sync: { key: sync.key, setSeries: false } },
      axes: axes(unit),
      series: [
        { label: "Time (UTC)", value: (_, ms) => time(ms) },
        { label, width: 1.5, points: { show: columns[0].length < 2 }, value: (_, value) => text(value, unit), ...style },
      ],
      hooks: extra.hooks ?? {},
    };
    charts.set(id, new uPlot(options, columns, place));
  }

  const stepped = uPlot.paths.stepped({ align: 1 });

  function drawAccount() {
    const { time: at, equity, drawdown } = data.account;
    const money = data.currency ? ` ${data.currency}` : "";
    draw("equity", 260, [at, equity], `Equity${money && ` (${data.currency})`}`, { stroke: colour("equity"), paths: stepped });
    draw("drawdown", 140, [at, drawdown], "Drawdown", { stroke: colour("bad"), fill: `${colour("bad")}33`, paths: stepped }, { unit: " %" });
  }

  function triangle(pen, x, y, up) {
    const tip = up ? MARK_PX : -MARK_PX;
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x - MARK_PX, y + 2 * tip);
    pen.lineTo(x + MARK_PX, y + 2 * tip);
    pen.closePath();
    pen.fill();
  }

  function drawMarks(chart, fills) {
    const pen = chart.ctx;
    const scale = devicePixelRatio;
    const colours = [colour("bad"), colour("good")];
    pen.save();
    pen.beginPath();
    pen.rect(chart.bbox.left, chart.bbox.top, chart.bbox.width, chart.bbox.height);
    pen.clip();
    fills.time.forEach((at, row) => {
      const { min, max } = chart.scales.x;
      if (at < min || at > max) return;
      const x = chart.valToPos(at, "x", true);
      const y = chart.valToPos(fills.price[row], "y", true);
      pen.fillStyle = colours[Number(fills.bought[row])];
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      triangle(pen, x / scale, y / scale, fills.bought[row]);
      pen.setTransform(1, 0, 0, 1, 0, 0);
    });
    pen.restore();
  }

  function showNearest(chart, fills) {
    const { left, top } = chart.cursor;
    let nearest = -1;
    let distance = NEAR_PX;
    if (left >= 0) {
      fills.time.forEach((at, row) => {
        const away = Math.hypot(chart.valToPos(at, "x") - left, chart.valToPos(fills.price[row], "y") - top);
        if (away < distance) [nearest, distance] = [row, away];
      });
    }
    byId("mark").textContent = nearest < 0 ? "" :
      `${fills.bought[nearest] ? "Bought" : "Sold"} ${number.format(fills.quantity[nearest])} at ${number.format(fills.price[nearest])}, ` +
      `fee ${number.format(fills.fee[nearest])}, ${time(fills.time[nearest])}`;
  }

  function drawSymbol() {
    const shown = data.symbols[byId("symbol").selectedIndex] ?? data.symbols[0];
    if (!shown) {
      draw("price", 0, [[]], "", {});
      draw("position", 0, [[]], "", {});
      return;
    }
    const { fills } = shown;
    const hooks = {
      draw: [(chart) => drawMarks(chart, fills)],
      setCursor: [(chart) => showNearest(chart, fills)],
    };
    draw("price", 300, [shown.time, shown.price], "Price", { stroke: colour("soft") }, { hooks });
    draw("position", 120, [shown.positionTime, shown.position], "Position", { stroke: colour("equity"), fill: `${colour("equity")}22`, paths: stepped });
    const drawn = fills.time.length;
    byId("marks").textContent = drawn < fills.count ? `The ${number.format(drawn)} largest of ${number.format(fills.count)} fills.` : "";
  }

  function drawAll() {
    drawAccount();
    drawSymbol();
  }

  function offerSymbols() {
    const pick = byId("symbol");
    for (const { name } of data.symbols) {
      const option = document.createElement("option");
      option.textContent = name;
      pick.append(option);
    }
    byId("pick").hidden = data.symbols.length < 2;
    pick.addEventListener("change", drawSymbol);
  }

  function followWidth() {
    let width = root.clientWidth;
    addEventListener("resize", () => {
      if (root.clientWidth === width) return;
      width = root.clientWidth;
      for (const [id, chart] of charts) chart.setSize({ width: Math.max(byId(id).clientWidth, 200), height: chart.height });
    });
  }

  function followTheme() {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    byId("theme").addEventListener("click", () => {
      const now = root.dataset.theme ?? (dark.matches ? "dark" : "light");
      root.dataset.theme = now === "dark" ? "light" : "dark";
      drawAll();
    });
    dark.addEventListener("change", drawAll);
  }

  offerSymbols();
  followTheme();
  followWidth();
  drawAll();
  root.dataset.drawn = String(charts.size);
})();
