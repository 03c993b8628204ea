/**
 * The look of a report: its style, the script that draws its charts with uPlot, and the escaping of whatever text
 * comes into it. What stands in a report is the affair of `report.ts`.
 */

/** A chart: curves over the same steps. */
export interface Chart {
  readonly title: string;
  readonly steps: readonly number[];
  readonly series: readonly {
    readonly label: string;
    readonly values: readonly (number | null)[];
    /** Drawn thin, behind its mean. */
    readonly faint?: boolean;
  }[];
}

/** Rows of text under headers. */
export interface Table {
  readonly title: string;
  readonly headers: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Text as it may stand in HTML, attributes included. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A value as it may stand in a script of a page: no text in it ends the script. */
export function escapeScript(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A number for people: at most five digits that count, but for counts. */
export function showNumber(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return Math.abs(value) < 1e-4 ? value.toExponential(3) : String(Number(value.toPrecision(5)));
}

export function section(title: string, content: string): string {
  return content === "" ? "" : `<section><h2>${escapeHtml(title)}</h2>${content}</section>`;
}

export function table({ headers, rows }: Omit<Table, "title">): string {
  const head = headers.map((header) => `<th>${escapeHtml(header)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map(tableCell).join("")}</tr>`).join("\n");
  return `<div class="table"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function tableCell(value: string | number): string {
  return typeof value === "number"
    ? `<td class="number">${showNumber(value)}</td>`
    : `<td>${escapeHtml(value)}</td>`;
}

/** Names and what they are. */
export function list(entries: readonly (readonly [string, string])[]): string {
  const items = entries.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`);
  return items.length === 0 ? "" : `<dl>${items.join("")}</dl>`;
}

/** Figures that are seen first. */
export function tiles(entries: readonly (readonly [string, string])[]): string {
  const items = entries.map(
    ([name, value]) => `<div><span>${escapeHtml(name)}</span><strong>${escapeHtml(value)}</strong></div>`,
  );
  return `<div class="tiles">${items.join("")}</div>`;
}

/** The whole page. Nothing is fetched: the page itself forbids it. */
export function page(
  title: string,
  body: string,
  charts: readonly Chart[],
  uplot: { js: string; css: string },
): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${uplot.css}</style>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
<script>${uplot.js}</script>
<script>const charts = ${escapeScript(charts)};${script}</script>
</body>
</html>
`;
}

const style = `
:root {
  --paper: #fbfbfa; --card: #fff; --ink: #1d1d1f; --muted: #6b6b70; --line: #e3e3e0; --warn: #9a5b00;
  --1: #2563a8; --2: #c2571a; --3: #2e7d4f; --4: #8a4fa3; --5: #a3324e; --6: #5f6b1f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #161618; --card: #1f1f22; --ink: #ececee; --muted: #a0a0a6; --line: #34343a; --warn: #f0b35a;
    --1: #6aa9ec; --2: #f0945a; --3: #6cc392; --4: #c793dd; --5: #ec7f98; --6: #bcca68;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 40px 0 12px; }
h3 { font-size: .95rem; font-weight: 600; margin: 0 0 8px; }
p { margin: 0 0 12px; max-width: 70ch; }
.muted { color: var(--muted); }
.warning { color: var(--warn); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(50% - 6px, 240px), 1fr)); gap: 12px; margin-top: 20px; }
.tiles div, .chart, .table, dl { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.tiles div { padding: 10px 14px; }
.tiles span { display: block; color: var(--muted); font-size: .85rem; }
.tiles strong { font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 16px; }
.chart { padding: 12px 14px; min-width: 0; }
.plot { min-height: 235px; }
.uplot .u-legend { font-size: .8rem; color: var(--muted); text-align: left; margin: 0; font-variant-numeric: tabular-nums; }
.u-legend .u-series > * { padding: 2px 4px 0 0; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
.table th, .table td { padding: 7px 12px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
.table th { color: var(--muted); font-weight: 600; }
.table tbody tr:last-child td { border-bottom: 0; }
.table td { white-space: pre-wrap; }
.table .number { font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: minmax(8ch, max-content) 1fr; margin: 0; padding: 8px 14px; font-size: .9rem; }
dt { color: var(--muted); padding: 3px 20px 3px 0; overflow-wrap: anywhere; max-width: 40vw; }
dd { margin: 0; padding: 3px 0; overflow-wrap: anywhere; white-space: pre-wrap; }
`;

/** Draws anew when the colours change. */
const script = `
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const show = (value) => {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e7) ? value.toExponential(2)
    : size >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(4)));
};
const short = (value) => {
  const size = Math.abs(value);
  return size !== 0 && size < 1e-3 ? String(Number(value.toPrecision(3)).toExponential()).replace("e-", "e−")
    : size >= 1e6 ? value / 1e6 + "M" : size >= 1e4 ? value / 1e3 + "k" : String(Number(value.toPrecision(6)));
};
const drawn = [];
const draw = () => {
  for (const plot of drawn.splice(0)) plot.destroy();
  const axis = { stroke: color("--muted"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  charts.forEach(({ steps, series }, index) => {
    const place = document.getElementById("chart-" + index);
    drawn.push(new uPlot({
      width: place.clientWidth,
      height: 210,
      scales: { x: { time: false } },
      axes: [
        { ...axis, size: 34, values: (_, ticks) => ticks.map((tick) => Number.isInteger(tick) ? short(tick) : "") },
        { ...axis, size: 56, values: (_, ticks) => ticks.map(short) },
      ],
      series: [
        { label: "step", value: (_, value) => show(value) },
        ...series.map(({ label, faint }, n) => {
          const stroke = color("--" + (1 + (series[0].faint ? Math.max(0, n - 1) : n) % 6));
          return {
            label,
            stroke: faint ? stroke + "66" : stroke,
            width: faint ? 1 : 2,
            points: { show: steps.length < 30, size: 6, fill: stroke },
            spanGaps: true,
            value: (_, value) => show(value),
          };
        }),
      ],
    }, [steps, ...series.map(({ values }) => values)], place));
  });
};
draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  for (const plot of drawn) plot.setSize({ width: plot.root.parentElement.clientWidth, height: 210 });
});
`;
