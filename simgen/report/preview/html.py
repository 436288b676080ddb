"""A sheet as one HTML page that needs nothing else: inline SVG, and a slider that moves everybody through time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape

import numpy as np

from simgen.report.preview.marks import Layer, Mark, Mover, Shape, Sheet, Words

FONT = "DejaVu Sans, Verdana, Segoe UI, Helvetica, Arial, sans-serif"

STYLE = """
  body { margin: 0; background: #fff; color: #1f2933; font: 15px/1.5 system-ui, sans-serif; }
  header { position: sticky; top: 0; z-index: 1; background: #fffffff2; border-bottom: 1px solid #d5dae0;
           padding: 10px 26px; display: flex; gap: 14px; align-items: center; flex-wrap: wrap; }
  h1 { font-size: 18px; margin: 0 8px 0 0; }
  p { margin: 8px 26px 0; max-width: 70em; color: #5f6b7a; }
  button, select { font: inherit; padding: 3px 12px; border: 1px solid #98a0aa; border-radius: 6px; background: #fff; }
  button { min-width: 5.5em; cursor: pointer; }
  input { flex: 1 1 240px; accent-color: #0072b2; }
  output { font-variant-numeric: tabular-nums; min-width: 5em; }
  svg { display: block; width: 100%; height: auto; max-width: MAXpx; margin: 0 auto; }
  svg [data-name]:hover { filter: brightness(1.25) drop-shadow(0 0 3px #0008); }
"""

SCRIPT = """
const [begin, end] = DATA.span, slider = document.getElementById('time'), shown = document.getElementById('shown');
const play = document.getElementById('play'), rate = document.getElementById('rate');
const movers = DATA.movers.map((m, i) => ({...m, node: document.getElementById('m' + i)}));
let now = Math.max(begin, 0), last = null;

function show() {
  for (const m of movers) {
    const t = Math.min(Math.max(now, m.t[0]), m.t[m.t.length - 1]);
    let k = 1;
    while (k < m.t.length - 1 && m.t[k] < t) k++;
    const share = (t - m.t[k - 1]) / (m.t[k] - m.t[k - 1] || 1);
    const [x, y, a] = m.p[k].map((v, c) => m.p[k - 1][c] + share * (v - m.p[k - 1][c]));
    m.node.setAttribute('transform', `translate(${x} ${y}) rotate(${a})`);
  }
  slider.value = now;
  shown.textContent = now.toFixed(2) + ' s';
}
function run(at) {
  if (last === null) return;
  now += (at - last) / 1000 * Number(rate.value);
  last = at;
  if (now > end) now = begin;
  show();
  requestAnimationFrame(run);
}
function toggle() {
  last = last === null ? performance.now() : null;
  play.textContent = last === null ? 'Play' : 'Pause';
  if (last !== null) requestAnimationFrame(run);
}
play.addEventListener('click', toggle);
slider.addEventListener('input', () => { now = Number(slider.value); show(); });
document.addEventListener('keydown', (event) => {
  if (event.code === 'Space' && event.target === document.body) { event.preventDefault(); toggle(); }
});
show();
"""


def page_of(sheet: Sheet) -> str:
    """The whole page."""
    movers = [mover for layer in sheet.layers for mover in layer.movers]
    begins, ends = sheet.span_s
    data = {"span": [begins, ends], "movers": [_track(mover) for mover in movers]}
    title = escape(sheet.title or "preview")
    about = f"<p>{escape(sheet.about)}</p>\n" if sheet.about else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{title}</title>
<style>{STYLE.replace("MAX", f"{sheet.width:.0f}")}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<button id="play" type="button">Play</button>
<input id="time" type="range" min="{begins:.3f}" max="{ends:.3f}" step="0.01" value="0" aria-label="time"/>
<output id="shown" for="time">0.00 s</output>
<select id="rate" aria-label="speed">
<option value="1">real time</option><option value="0.5" selected="selected">half</option>
<option value="0.25">a quarter</option>
</select>
</header>
{about}{svg_of(sheet)}
<script>
const DATA = {json.dumps(data, separators=(",", ":"))};
{SCRIPT}</script>
</body>
</html>
"""


def svg_of(sheet: Sheet) -> str:
    """The drawing alone, everybody where they are at time 0."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {sheet.width:g} {sheet.height:g}" font-family="{FONT}">',
        f'<rect width="100%" height="100%" fill="{sheet.background}"/>',
    ]
    first = 0
    for number, layer in enumerate(sheet.layers):
        lines += _layer(layer, number, first)
        first += len(layer.movers)
    return "\n".join([*lines, "</svg>"])


def _layer(layer: Layer, number: int, first: int) -> Iterator[str]:
    clip = ""
    if layer.clip is not None:
        box = layer.clip
        yield (f'<clipPath id="c{number}"><rect x="{box.left:.1f}" y="{box.top:.1f}" width="{box.width:.1f}" '
               f'height="{box.height:.1f}"/></clipPath>')
        clip = f' clip-path="url(#c{number})"'
    yield f"<g{clip}>"
    for mark in layer.marks:
        yield _mark(mark)
    for index, mover in enumerate(layer.movers, start=first):
        x, y, turn = (float(np.interp(0.0, mover.times_s, column)) for column in mover.poses.T)
        place = f"translate({x:.1f} {y:.1f}) rotate({np.degrees(turn):.1f})"
        name = escape(mover.name)
        yield f'<g id="m{index}" data-name="{name}" transform="{place}"><title>{name}</title>'
        for shape in mover.shapes:
            yield _mark(shape)
        yield "</g>"
    yield "</g>"


def _mark(mark: Mark) -> str:
    return _words(mark) if isinstance(mark, Words) else _shape(mark)


def _shape(shape: Shape) -> str:
    points = " L".join(f"{x:.1f} {y:.1f}" for x, y in shape.points)
    paint = f'fill="{shape.fill or "none"}"'
    if shape.stroke is not None:
        paint += f' stroke="{shape.stroke}" stroke-width="{shape.width:.2f}"'
    if shape.dash:
        paint += f' stroke-dasharray="{" ".join(f"{length:g}" for length in shape.dash)}"'
    if shape.opacity < 1.0:
        paint += f' opacity="{shape.opacity:.2f}"'
    path = f'd="M{points}{"Z" if shape.closed else ""}" {paint}'
    if not shape.hint:
        return f"<path {path}/>"
    return f"<path {path}><title>{escape(shape.hint)}</title></path>"


def _words(words: Words) -> str:
    paint = f'x="{words.x:.1f}" y="{words.y:.1f}" font-size="{words.size:g}" fill="{words.color}"'
    if words.anchor != "start":
        paint += f' text-anchor="{words.anchor}"'
    if words.bold:
        paint += ' font-weight="bold"'
    if words.halo is not None:
        paint += f' stroke="{words.halo}" stroke-width="2.6" stroke-linejoin="round" paint-order="stroke"'
    return f"<text {paint}>{escape(words.text)}</text>"


def _track(mover: Mover) -> dict[str, list[object]]:
    """Times and poses as the page's script wants them: seconds, pixels, degrees."""
    poses = np.column_stack([mover.poses[:, :2], np.degrees(mover.poses[:, 2])])
    return {"t": np.round(mover.times_s, 3).tolist(), "p": np.round(poses, 1).tolist()}
