// Draws a picture from the table that stands beside it in a figure of class "chart". Whoever has no JavaScript
// reads the table. Of the figure: data-kind is points, shares or lines; data-categories the names on the mood axis,
// from the bottom up; data-seconds how long the time is of which points tell. Of the table: each column after the first is a series (data-axis), each row a place on the
// horizontal axis (data-x, seconds, or the words of its heading), each cell a number (data-value) or nothing. A row
// leads to a part of the page (data-target) or to another page (data-href).

const SHAPES = ["circle", "triangle", "rect", "rectRot", "star", "cross", "crossRot", "dash"];
const LINE_DASHES = [[], [6, 4], [2, 3], [10, 4, 2, 4], [4, 2]];
const HATCHES = ["none", "rising", "dots", "falling", "level", "cross", "upright", "grid"];
/** Points of different series at the same place are moved this far apart, in steps of the mood axis. */
const APART = 0.24;

const root = document.documentElement;
const rightToLeft = root.dir === "rtl";
const percent = new Intl.NumberFormat(root.lang, { style: "percent" });
const numbers = new Intl.NumberFormat(root.lang, { useGrouping: false });

function colour(name) {
  return getComputedStyle(root).getPropertyValue(name).trim();
}

function seriesColour(index) {
  return colour(`--series-${(index % 8) + 1}`);
}

/** Reads a figure's table: its series, each with its points. */
function readTable(table) {
  const headings = [...table.tHead.rows[0].cells].slice(1);
  const rows = [...table.tBodies[0].rows];
  const labels = rows.map((row) => row.cells[0].textContent.trim());
  const series = headings.map((heading, column) => ({
    name: heading.textContent.trim(),
    axis: heading.dataset.axis ?? "value",
    column, // keeps its colour and shape where other columns are empty
    points: rows.flatMap((row, index) => {
      const value = row.cells[column + 1].dataset.value;
      if (value === "") return [];
      const at = row.cells[0].dataset.x;
      return [{ x: at === undefined ? labels[index] : Number(at), y: Number(value), row: index }];
    }),
  }));
  return { labels, rows, series: series.filter(isDrawn) };
}

/** Whether a series has anything to be seen: a share of nothing hasn't. */
function isDrawn(series) {
  return series.points.some((point) => series.axis !== "share" || point.y > 0);
}

/** A filling that can be told from its neighbours without seeing its colour. */
function hatched(context, index) {
  const kind = HATCHES[index % HATCHES.length];
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.fillStyle = seriesColour(index);
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = pen.fillStyle = colour("--ground");
  pen.lineWidth = 1.5;
  pen.beginPath();
  if (kind === "rising" || kind === "cross") for (const x of [-4, 4]) pen.moveTo(x, 8), pen.lineTo(x + 8, 0);
  if (kind === "falling" || kind === "cross") for (const x of [-4, 4]) pen.moveTo(x, 0), pen.lineTo(x + 8, 8);
  if (kind === "level" || kind === "grid") pen.moveTo(0, 4), pen.lineTo(8, 4);
  if (kind === "upright" || kind === "grid") pen.moveTo(4, 0), pen.lineTo(4, 8);
  pen.stroke();
  if (kind === "dots") pen.fillRect(2, 2, 3, 3);
  return context.createPattern(tile, "repeat");
}

function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const rest = new Intl.NumberFormat(root.lang, { minimumIntegerDigits: 2 }).format(whole % 60);
  return `${numbers.format(Math.floor(whole / 60))}:${rest}`;
}

function axis(title, more = {}) {
  return {
    title: { display: Boolean(title), text: title },
    grid: { color: colour("--line") },
    ...more,
    ticks: { ...more.ticks },
  };
}

const start = rightToLeft ? "right" : "left";
const end = rightToLeft ? "left" : "right";

function pointsOf(figure, data) {
  const categories = JSON.parse(figure.dataset.categories);
  const moods = data.series.filter((each) => each.axis === "category");
  const datasets = data.series.map((each) => {
    const onMoods = each.axis === "category";
    const shift = onMoods ? (moods.indexOf(each) - (moods.length - 1) / 2) * APART : 0;
    return {
      label: each.name,
      column: each.column,
      data: each.points.map((point) => ({ ...point, y: point.y + shift })),
      yAxisID: onMoods ? "y" : "distress",
      showLine: !onMoods,
      borderDash: onMoods ? [] : [6, 4],
      clip: false,
    };
  });
  const scales = {
    x: axis(figure.dataset.time, {
      type: "linear", reverse: rightToLeft, min: 0, max: Number(figure.dataset.seconds), ticks: { callback: (value) => clock(value), maxTicksLimit: 8 },
    }),
    y: axis("", {
      position: start, min: -0.5, max: categories.length - 0.5, afterBuildTicks: (scale) => {
        scale.ticks = categories.map((_, value) => ({ value }));
      }, ticks: { callback: (value) => categories[value] ?? "" },
    }),
  };
  if (datasets.some((each) => each.yAxisID === "distress")) {
    scales.distress = axis(figure.dataset.distress, {
      position: end, min: 0, max: 10, grid: { drawOnChartArea: false }, ticks: { stepSize: 2, callback: (value) => numbers.format(value) },
    });
  }
  const label = (item) => {
    const value = item.dataset.yAxisID === "y" ? categories[Math.round(item.parsed.y)] : numbers.format(item.parsed.y);
    return `${item.dataset.label}: ${value}`;
  };
  return { type: "scatter", datasets, scales, tooltip: { label, title: (items) => clock(items[0].parsed.x) } };
}

function sharesOf(figure, data, context) {
  const datasets = data.series.map((each) => ({
    label: each.name, column: each.column, data: each.points, backgroundColor: hatched(context, each.column),
    pointStyle: "rect", stack: "all",
  }));
  const scales = {
    x: axis("", { reverse: rightToLeft, stacked: true }),
    y: axis(figure.dataset.share, {
      position: start, stacked: true, min: 0, max: 100, ticks: { callback: (value) => percent.format(value / 100) },
    }),
  };
  return { type: "bar", datasets, scales, tooltip: {} };
}

function linesOf(figure, data) {
  const datasets = data.series.map((each) => ({
    label: each.name, column: each.column, data: each.points, spanGaps: true,
    borderDash: LINE_DASHES[each.column % LINE_DASHES.length],
  }));
  const scales = {
    x: axis("", { reverse: rightToLeft, offset: true }),
    y: axis(figure.dataset.distress, { position: start, min: 0, max: 10, ticks: { stepSize: 2, callback: (value) => numbers.format(value) } }),
  };
  return { type: "line", datasets, scales, tooltip: {} };
}

const KINDS = { points: pointsOf, shares: sharesOf, lines: linesOf };

function follow(row) {
  if (row.dataset.href !== undefined) {
    location.assign(row.dataset.href);
    return;
  }
  const turn = document.getElementById(row.dataset.target ?? "");
  if (turn === null) return;
  turn.scrollIntoView({ block: "center" });
  turn.focus({ preventScroll: true });
  turn.querySelector("audio")?.play().catch(() => {}); // a browser may want a click on the player itself
}

function draw(figure) {
  const data = readTable(figure.querySelector("table"));
  if (data.series.length === 0) return null;
  const frame = document.createElement("div");
  frame.className = "chart__frame";
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", figure.querySelector("figcaption").textContent.trim());
  frame.append(canvas);
  figure.querySelector("figcaption").after(frame);
  const kind = KINDS[figure.dataset.kind](figure, data, canvas.getContext("2d"));
  const datasets = kind.datasets.map((each) => ({
    borderColor: seriesColour(each.column),
    backgroundColor: seriesColour(each.column),
    pointStyle: SHAPES[each.column % SHAPES.length],
    radius: kind.type === "bar" ? undefined : 6,
    hoverRadius: 8,
    borderWidth: 2,
    ...each,
  }));
  const rowOf = (elements, chart) => {
    if (elements.length === 0) return null;
    const point = chart.data.datasets[elements[0].datasetIndex].data[elements[0].index];
    return data.rows[point.row];
  };
  return new globalThis.Chart(canvas, {
    type: kind.type,
    data: { labels: kind.type === "scatter" ? undefined : data.labels, datasets },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      locale: root.lang,
      color: colour("--text"),
      font: { family: getComputedStyle(document.body).fontFamily },
      scales: kind.scales,
      onClick: (_, elements, chart) => {
        const row = rowOf(elements, chart);
        if (row !== null) follow(row);
      },
      onHover: (event, elements, chart) => {
        const row = rowOf(elements, chart);
        const leads = row !== null && (row.dataset.href ?? row.dataset.target) !== undefined;
        event.native.target.style.cursor = leads ? "pointer" : "default";
      },
      plugins: {
        legend: { rtl: rightToLeft, textDirection: root.dir, position: "bottom", labels: { usePointStyle: true } },
        tooltip: { rtl: rightToLeft, textDirection: root.dir, callbacks: kind.tooltip, usePointStyle: true },
      },
    },
  });
}

function drawAll() {
  const { defaults } = globalThis.Chart;
  defaults.color = colour("--text");
  defaults.font.family = getComputedStyle(document.body).fontFamily;
  defaults.font.size = 14;
  return [...document.querySelectorAll("figure.chart")].map(draw).filter((chart) => chart !== null);
}

let charts = drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of charts) {
    const frame = chart.canvas.parentElement;
    chart.destroy();
    frame.remove();
  }
  charts = drawAll();
});
root.dataset.charts = "drawn";
