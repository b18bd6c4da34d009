"""Figures in the dark: the ground of the page behind them, and every colour to be read on it."""

import io
import re
from itertools import combinations
from typing import Any

import pytest
from PIL import Image

from analysis import paths
from analysis.display import Figure
from analysis.display.figures import COLOURS
from analysis.display.html import stylesheet
from analysis.display.pictures import PNG, caption_html

SITE = paths.ROOT / "analysis" / "report" / "templates" / "site.css"
TEXT = 4.5
"""Contrast that small letters need (WCAG 2.2, 1.4.3)."""
SHOWN = [name for name in COLOURS if name != "pale"]


def stripes() -> Figure:
    """Return a figure that is a stripe of every colour of the house, and white below."""

    def draw(canvas: Any, _narrow: bool) -> None:
        canvas.set_layout_engine("none")
        axes = canvas.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set(xlim=(0, len(SHOWN)), ylim=(0, 1))
        for place, name in enumerate(SHOWN):
            axes.fill_between([place, place + 1], 0.5, 1.0, color=COLOURS[name], lw=0)

    return Figure(title="Stripes", alt="One stripe a colour of the house.", draw=draw, height=2,
                  narrow_height=2)  # fmt: skip


def on_a_page() -> str:
    """Return the figure as a page of a report has it."""
    style = f"<style>{stylesheet()}{SITE.read_text(encoding='utf-8')}</style>"
    return f"<html><head>{style}</head><body class='page'>{stripes().html()}</body></html>"


def in_jupyterlab(light: bool) -> str:
    """Return the figure as JupyterLab has it in a theme: its words, and the picture after them."""
    figure = stripes()
    picture = figure._picture(figure.drawn(narrow=False))
    data, _ = picture.output()
    outputs = [
        f'<div class="jp-RenderedHTML">{caption_html(picture)}</div>',
        f'<div class="jp-RenderedImage"><img src="data:image/png;base64,{data[PNG]}"></div>',
    ]
    children = "".join(
        f'<div class="jp-OutputArea-child"><div class="jp-OutputArea-output">{each}</div></div>'
        for each in outputs
    )
    ground = "white" if light else "#11161c"
    return (
        f"<html><head><style>{stylesheet()}</style></head><body style='background: {ground}' "
        f"data-jp-theme-light='{str(light).lower()}'>{children}</body></html>"
    )


def seen(browser: Any, html: str, scheme: str = "light") -> tuple[list[Any], Any]:
    """Return the colours of the stripes and of the white as they are on the screen."""
    page = browser.new_page(viewport={"width": 1280, "height": 700}, color_scheme=scheme)
    page.set_content(html)
    image = Image.open(io.BytesIO(page.locator("img").screenshot())).convert("RGB")
    page.close()
    step = image.width / len(SHOWN)
    places = [(int(step * (place + 0.5)), image.height // 4) for place in range(len(SHOWN))]
    return [image.getpixel(each) for each in places], image.getpixel((20, image.height * 3 // 4))


def brightness(colour: Any) -> float:
    parts = [each / 255 for each in colour]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])


def contrast(one: Any, other: Any) -> float:
    high, low = sorted([brightness(one), brightness(other)], reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("where", ["page", "lab"])
def test_a_figure_in_the_dark_has_the_ground_of_its_page_and_colours_to_be_read(
    browser: Any, where: str
) -> None:
    html = on_a_page() if where == "page" else in_jupyterlab(light=False)
    dark, ground = seen(browser, html, "dark" if where == "page" else "light")
    [found] = re.findall(r"--ground: light-dark\(#\w+, (#[0-9a-f]{6})\)", stylesheet())
    expected = tuple(int(found[at : at + 2], 16) for at in (1, 3, 5))
    assert all(abs(a - b) <= 3 for a, b in zip(ground, expected, strict=True))
    for name, colour in zip(SHOWN, dark, strict=True):
        assert contrast(colour, ground) >= TEXT, f"{name} is {colour} on {ground}"
    # Colours keep their hue: none takes the place of another.
    for one, other in combinations(dark, 2):
        assert max(abs(a - b) for a, b in zip(one, other, strict=True)) >= 25


@pytest.mark.parametrize("where", ["page", "lab"])
def test_a_figure_by_day_is_as_it_was_drawn(browser: Any, where: str) -> None:
    """A light JupyterLab stays light on a dark system."""
    html = on_a_page() if where == "page" else in_jupyterlab(light=True)
    light, ground = seen(browser, html, "light" if where == "page" else "dark")
    assert all(each >= 250 for each in ground)
    for name, colour in zip(SHOWN, light, strict=True):
        own = [int(COLOURS[name][at : at + 2], 16) for at in (1, 3, 5)]
        assert all(abs(a - b) <= 6 for a, b in zip(colour, own, strict=True))
