"""How each chart looks: made for a phone, readable on light and dark chats and pages alike.

Runs in the drawing process alone; figures are floats here, for pixels are.
"""

import io
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, StrMethodFormatter

Body: TypeAlias = Mapping[str, Any]  # JSON, checked by the encoder on the other side

_INCHES = (7.2, 5.4)
_DPI = 150
_GROUND, _INK, _GRID = "#1e2530", "#e6e9ee", "#3a4452"
_BLUE, _GREEN, _RED, _AMBER = "#6cb6ff", "#3fb68b", "#f0616d", "#f2b84b"
_STYLE: dict[Any, object] = {
    "figure.facecolor": _GROUND,
    "axes.facecolor": _GROUND,
    "axes.edgecolor": _GRID,
    "axes.labelcolor": _INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": _GRID,
    "grid.linewidth": 0.7,
    "text.color": _INK,
    "text.parse_math": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "font.size": 13,
    "axes.titlesize": 15,
    "axes.titlelocation": "left",
    "axes.titlepad": 14,
    "figure.constrained_layout.w_pad": 0.12,
    "figure.constrained_layout.h_pad": 0.1,
}
_NAMED_BARS = 8


@dataclass(frozen=True, slots=True)
class _Palette:
    """The colours of one look; on their ground, lines have 3:1 and words 4.5:1 of contrast."""

    ground: str
    ink: str
    grid: str
    blue: str
    green: str
    red: str


_CHAT = _Palette(_GROUND, _INK, _GRID, _BLUE, _GREEN, _RED)
_PALETTES = {
    "chat": _CHAT,
    "light": _Palette("#ffffff", "#1c2430", "#d5dbe3", "#1a66b8", "#1b7f56", "#c02636"),
    "dark": _CHAT,
}
_PAGE_INCHES = (4.8, 2.7)


def draw(body: Body) -> bytes:
    """Return the picture of a chart: a PNG for the chat, an SVG for a page."""
    return _draw_png(body) if body["look"] == "chat" else _draw_svg(body)


def _draw_svg(body: Body) -> bytes:
    """A page has its own ground and heading, so neither is drawn; words stay words."""
    colors = _PALETTES[body["look"]]
    style = {
        **_STYLE,
        **dict.fromkeys(("axes.edgecolor", "grid.color"), colors.grid),
        **dict.fromkeys(
            ("axes.labelcolor", "text.color", "xtick.color", "ytick.color"), colors.ink
        ),
        "font.size": 9,
        "svg.fonttype": "none",
    }
    with rc_context(style):
        figure = Figure(figsize=_PAGE_INCHES, layout="constrained")
        figure.patch.set_alpha(0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0)
        _DRAWERS[body["kind"]](axes, body)
        axes.set(xlabel="", ylabel="")  # the page says it, in its reader's language
        out = io.BytesIO()
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None})
    return out.getvalue()


def _draw_png(body: Body) -> bytes:
    with rc_context(_STYLE):
        figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(_title(str(body["title"])))
        _DRAWERS[body["kind"]](axes, body)
        out = io.BytesIO()
        FigureCanvasAgg(figure).print_png(out)
    return out.getvalue()


def _equity(axes: Axes, body: Body) -> None:
    at, values = _series(body)
    colors = _PALETTES[body["look"]]
    axes.plot(at, values, color=colors.blue, linewidth=2)
    axes.fill_between(at, values, min(values), color=colors.blue, alpha=0.15)
    _mark_last(axes, at, values, f"{values[-1]:,.2f}", colors)
    axes.set_ylabel(_say(body, "Equity, {currency}", currency=body["currency"]))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_major_locator(MaxNLocator(6, min_n_ticks=3))
    if max(values) - min(values) < 6:
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.2f}"))
    _time_axis(axes, body)


def _drawdown(axes: Axes, body: Body) -> None:
    at, values = _series(body)
    below = [-value for value in values]
    colors = _PALETTES[body["look"]]
    axes.plot(at, below, color=colors.red, linewidth=2)
    axes.fill_between(at, below, 0, color=colors.red, alpha=0.2)
    deepest = min(range(len(below)), key=below.__getitem__)
    if below[deepest] < 0:
        axes.annotate(
            _say(body, "deepest {percent} %", percent=f"{-below[deepest]:.2f}"),
            (at[deepest], below[deepest]),
            textcoords="offset points",
            xytext=(0, -18),
            ha="left" if deepest < len(at) / 2 else "right",
            color=colors.ink,
            fontweight="bold",
        )
    axes.set_ylim(min(*below, -0.1) * 1.18, 0)
    axes.set_ylabel(_say(body, "Below the peak, %"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):.4g}"))
    _time_axis(axes, body)


def _daily(axes: Axes, body: Body) -> None:
    days = [(date.fromisoformat(day), float(value)) for day, value in body["days"]]
    places = range(len(days))
    colors = _PALETTES[body["look"]]
    of_bars = [colors.green if value >= 0 else colors.red for _, value in days]
    axes.bar(places, [value for _, value in days], color=of_bars, width=0.8)
    axes.axhline(0, color=colors.ink, linewidth=1)
    if len(days) <= _NAMED_BARS:
        for place, (_, value) in enumerate(days):
            axes.annotate(
                f"{value:+,.2f}",
                (place, value),
                textcoords="offset points",
                xytext=(0, 5 if value >= 0 else -5),
                ha="center",
                va="bottom" if value >= 0 else "top",
                fontsize=11,
            )
        axes.margins(y=0.15)
    step = max(1, -(-len(days) // 7))
    shown = range(len(days) - 1, -1, -step)
    axes.set_xticks(list(shown), [f"{days[place][0]:%d %b}" for place in shown])
    axes.grid(visible=False, axis="x")
    axes.set_ylabel(_say(body, "Result of the day, {currency}", currency=body["currency"]))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.4g}"))
    axes.set_xlabel(_say(body, "Trading day"))


def _decision(axes: Axes, body: Body) -> None:
    bars = body["bars"]
    _candles(axes, bars)
    digits = int(body["digits"])
    levels = [
        (_say(body, "Entry"), body["entry"], _BLUE),
        (_say(body, "Stop"), body["stop_loss"], _RED),
    ]
    targets = body["take_profits"]
    names = (
        [_say(body, "Target")]
        if len(targets) == 1
        else [f"TP{n}" for n in range(1, len(targets) + 1)]
    )
    levels += [(name, value, _GREEN) for name, value in zip(names, targets, strict=True)]
    _shade(axes, body["entry"], body["stop_loss"], _RED)
    if targets:
        far = max(targets, key=lambda value: abs(value - body["entry"]))
        _shade(axes, body["entry"], far, _GREEN)
    if body["price"] is not None:
        levels.append((_say(body, "Now"), body["price"], _AMBER))
    _level_lines(axes, [(name, value, color) for name, value, color in levels if value], digits)
    axes.set_ylabel(_say(body, "{symbol}, price", symbol=body["symbol"]))
    axes.yaxis.set_major_formatter(StrMethodFormatter(f"{{x:.{digits}f}}"))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    if bars:
        _time_axis(axes, body)
    else:
        axes.set_xticks([])
        axes.set_xlabel(_say(body, "no price history yet"))


def _candles(axes: Axes, bars: Sequence[Sequence[float]]) -> None:
    if not bars:
        return
    at = [_day(bar[0]) for bar in bars]
    gaps = [after - before for before, after in itertools.pairwise(at)]
    width = (min(gaps) if gaps else 1 / 1440) * 0.7
    for place, (_, opened, high, low, closed) in zip(at, bars, strict=True):
        color = _GREEN if closed >= opened else _RED
        axes.vlines(place, low, high, color=color, linewidth=1)
        axes.bar(
            place, abs(closed - opened), width, min(opened, closed), color=color, edgecolor=color
        )
    axes.set_xlim(at[0] - width, at[-1] + width + (at[-1] - at[0]) * 0.05)


def _shade(axes: Axes, entry: float, level: float | None, color: str) -> None:
    if level is not None:
        axes.axhspan(min(entry, level), max(entry, level), color=color, alpha=0.10, linewidth=0)


def _level_lines(axes: Axes, levels: list[tuple[str, float, str]], digits: int) -> None:
    """Draw each level with its name at the right edge, names pushed apart so none is hidden."""
    low, high = axes.get_ylim() if axes.has_data() else (levels[0][1], levels[0][1])
    low, high = (
        min(low, *(value for _, value, _ in levels)),
        max(high, *(value for _, value, _ in levels)),
    )
    room = (high - low) or abs(high) * 0.001 or 1.0
    axes.set_ylim(low - room * 0.06, high + room * 0.06)
    apart, before = room * 0.055, float("-inf")
    for name, value, color in sorted(levels, key=lambda level: level[1]):
        axes.axhline(value, color=color, linewidth=1.6, linestyle="--" if name == "Now" else "-")
        place = max(value, before + apart)
        before = place
        axes.annotate(
            f"{name} {value:.{digits}f}",
            (1.01, place),
            xycoords=axes.get_yaxis_transform(),
            color=color,
            va="center",
            fontsize=12,
            fontweight="bold",
            annotation_clip=False,
        )


def _series(body: Body) -> tuple[list[float], list[float]]:
    points = body["points"]
    return [_day(at) for at, _ in points], [value for _, value in points]


def _day(epoch: float) -> float:
    """Return an instant as matplotlib counts it: in days since 1970 UTC."""
    return epoch / 86_400


def _mark_last(
    axes: Axes, at: list[float], values: list[float], words: str, colors: _Palette
) -> None:
    axes.plot([at[-1]], [values[-1]], "o", color=colors.blue, markersize=7)
    axes.annotate(
        words,
        (at[-1], values[-1]),
        textcoords="offset points",
        xytext=(-8, 10),
        ha="right",
        fontweight="bold",
        bbox={"facecolor": colors.ground, "alpha": 0.75, "linewidth": 0, "pad": 2},
    )


def _say(body: Body, label: str, **values: object) -> str:
    """Return a label in the reader's words, as far as the request brings any."""
    words = str(body.get("words", {}).get(label, label))
    return words.format_map(values) if values else words


def _time_axis(axes: Axes, body: Body) -> None:
    zone = body["zone"]
    known = ZoneInfo(zone)
    locator = AutoDateLocator(known, minticks=3, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, known, show_offset=False))
    axes.set_xlabel(_say(body, "Time, {zone}", zone=zone))


def _title(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= 56 else f"{line[:55]}…"


_DRAWERS: dict[str, Callable[[Axes, Body], None]] = {
    "EquityChart": _equity,
    "DrawdownChart": _drawdown,
    "DailyChart": _daily,
    "DecisionChart": _decision,
}
