"""Sphinx's settings of the site; `build.py` runs it over the staged pages."""

project = "Sensorium"
author = "the Sensorium founders"
copyright = "2026, the Sensorium founders"
language = "en"
extensions = ["myst_parser", "sphinx_copybutton"]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns: list[str] = []
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # a page may begin a part at any level
html_theme = "furo"
html_title = "Sensorium"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
highlight_language = "text"  # of blocks that name none, such as the help of commands
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
copybutton_exclude = ".linenos, .gp, .go"
copybutton_selector = "div.highlight-sh pre, div.highlight-python pre, div.highlight-toml pre, div.highlight-json pre"


def setup(app: object) -> None:
    """Show CSV, which Pygments doesn't know, as plain text."""
    from pygments.lexers.special import TextLexer

    app.add_lexer("csv", TextLexer)  # type: ignore[attr-defined]
