"""The templates, and what stands around the page: its head with script and style in it, and its foot."""

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from wolkvox_source.dashboard.charts import kind
from wolkvox_source.dashboard.words import CATEGORIES, Words

REFRESH_SECONDS = 60


def alone(words: Words, body: Markup) -> str:
    """A page that holds one thing, such as an agent where the browser runs no script."""
    back = Markup('<p><a href=".">{}</a></p>').format(words.say("page_back"))
    inside = Markup('<main class="only">{}{}</main>').format(back, body)
    return frame("head.html", words, live=False) + inside + frame("foot.html", words, others={})


def trouble(words: Words, sentence: str) -> str:
    """A page that says why there is nothing to show and what to do."""
    body = environment().get_template("trouble.html").render(name="trouble", sentence=sentence)
    return f"{frame('head.html', words, live=False)}{body}{frame('foot.html', words, others={})}"


def policy() -> str:
    """What the page may do, in the words of Content-Security-Policy: its own script, its own style, its own server."""
    return (
        f"default-src 'none'; script-src {_digest(asset('script.js'))}; style-src {_digest(asset('style.css'))}; "
        "img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'"
    )


def frame(template: str, words: Words, **values: object) -> str:
    """What stands before or after the page."""
    used = {
        "say": words.say,
        "language": words.language,
        "style": Markup(asset("style.css")),  # noqa: S704 - ours
        "script": Markup(asset("script.js")),  # noqa: S704 - ours
        "policy": policy(),
        "refresh_seconds": REFRESH_SECONDS,
        "categories": CATEGORIES,
    }
    return environment().get_template(template).render(**used, **values)


@cache
def asset(name: str) -> str:
    """A file that is part of the page."""
    return files("wolkvox_source.dashboard").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def environment() -> Environment:
    """The templates, in which everything is escaped that is not marked as HTML already."""
    templates = Environment(
        loader=PackageLoader("wolkvox_source.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(kind=kind, coded=_coded, place=lambda value: f"{value:.3f}".rstrip("0").rstrip("."))
    return templates


def _coded(text: str) -> Markup:
    """What stands in backticks set as code."""
    parts = re.split(r"`([^`]+)`", text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )
