"""A single call of a chat template that makes gigabytes or never ends; what templates of today need is rendered."""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path
from typing import Any

import jinja2
import pytest

from sensorium.checkpoint.untrusted.template_process import TemplateProcess
from sensorium.core.errors import LimitError

SECONDS, CHARACTERS = 1.0, 5_000_000
MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "Was kostet das – 3 € oder 4?"}]},
    {"role": "assistant", "content": "<b>3 €</b> \ud83d"},
]
BILLION_LAUGHS = "{% set a = ['x'] * 1000 %}{% set b = [a] * 1000 %}{% set c = [b] * 1000 %}{% set d = [c] * 1000 %}\n"
HUGE = {
    "center": "{{ 'x'.center(10000000000) }}",
    "ljust": "{{ 'x'.ljust(10000000000) }}",
    "rjust": "{{ 'x'.rjust(10000000000) }}",
    "zfill": "{{ 'x'.zfill(10000000000) }}",
    "expandtabs": "{{ '\\t'.expandtabs(2000000000) }}",
    "bytes": "{{ 'x'.encode().center(10000000000) }}",
    "to_bytes": "{{ (1).to_bytes(10000000000) }}",
    "replace": "{% set x = 'x' * 999 %}{{ x.replace('x', x).replace('x', x).replace('x', x) }}",
    "join": "{% set x = ('x' * 999).replace('x', 'x' * 999) %}{{ x.join(x) }}",
    "translate": "{% set x = 'x' * 999 %}{% set t = {120: x} %}{{ x.translate(t).translate(t).translate(t) }}",
    "a loop of encodings": "{{ ('x' * 999).replace('x', 'x' * 999).replace('x', 'x' * 999).encode('utf-32') }}",
    "%": "{{ '%10000000000d' % 1 }}",
    "% with a star": "{{ '%*d' % (2000000000, 1) }}",
    "a precision": "{{ '%.2000000000f' % 1.5 }}",
    "format": "{{ '{:10000000000}'.format(1) }}",
    "nested format": "{{ '{:{}}'.format(1, 10000000000) }}",
    "format_map": "{{ '{x:10000000000}'.format_map({'x': 1}) }}",
    "filter format": "{{ '%10000000000d'|format(1) }}",
    "filter center": "{{ 'x'|center(10000000000) }}",
    "filter indent": "{{ 'x\\ny'|indent(10000000000) }}",
    "filter indent of indents": "{% set x = 'x\\n' * 999 %}{{ x|indent('y' * 999)|indent(x|indent(x)|indent(x)) }}",
    "filter replace": "{% set x = 'x' * 999 %}{{ x|replace('x', x)|replace('x', x)|replace('x', x) }}",
    "filter wordwrap": "{% set x = 'x' * 999 %}{{ x|replace('x', x)|wordwrap(1, True, x) }}",
    "filter join": "{% set x = ('x' * 999)|replace('x', 'x' * 999) %}{{ x|join(x) }}",
    "filter tojson": "{{ [1]|tojson(indent=10000000000) }}",
    "filter list": "{{ ('x' * 999)|replace('x', 'y' * 999)|replace('y', 'zzz')|map('list')|map('list')|list|list }}",
    "filter batch": "{{ [1]|batch(10000000000, 'x')|list }}",
    "filter slice": "{{ [1]|slice(10000000000)|list }}",
    "filter xmlattr": "{% set x = 'x' * 999 %}{{ {'a': x|replace('x', x)|replace('x', x)}|xmlattr }}",
    "filter urlencode": "{% set x = '€' * 999 %}{{ x|replace('€', x)|replace('€', x)|urlencode }}",
    "filter map": "{{ ['x']|map('center', 10000000000)|list }}",
    "filter attr": "{{ ('x'|attr('center'))(10000000000) }}",
    "filter round": "{{ 1.5|round(1000000000, 'floor') }}",
    "lipsum": "{{ lipsum(n=1000000000) }}",
    "lists of lists, printed": BILLION_LAUGHS + "{{ d }}",
    "lists of lists, joined to a text": BILLION_LAUGHS + "{{ 'x' ~ d }}",
    "lists of lists as JSON": BILLION_LAUGHS + "{{ d|tojson }}",
    "lists of lists, by %": BILLION_LAUGHS + "{{ '%s' % d }}",
    "lists of lists, compared": BILLION_LAUGHS.replace("b = [a]", "b = [['x'] * 1000]") + "{{ d == [c, c[:]] * 500 }}",
    "many in one list": "{{ [" + "'x'.center(90000000)," * 60 + "]|length }}",
    "a call of a range": "{% for a in range(99999) %}{% for b in range(99999) %}{{ 'x'.center(99999) }}{% endfor %}"
    "{% endfor %}",
}  # fmt: skip


EITHER = {
    "translate", "filter indent of indents", "filter wordwrap", "filter list", "filter slice", "filter round", "lipsum",
    "lists of lists, printed", "lists of lists, joined to a text", "lists of lists as JSON", "lists of lists, by %",
    "lists of lists, compared", "many in one list",
}  # fmt: skip
"""What takes time before it takes memory: which limit is met first depends on the machine."""


@pytest.fixture(scope="module")
def process() -> Any:
    process = TemplateProcess()
    yield process
    process.end()


def in_library(template: str, messages: Any, **values: Any) -> str:
    """What transformers itself makes of it."""
    from transformers.utils.chat_template_utils import _cached_compile_jinja_template

    return str(_cached_compile_jinja_template(template).render(messages=messages, **values))


@pytest.mark.parametrize("name", HUGE)
def test_a_call_that_makes_gigabytes_or_never_ends(name: str, process: TemplateProcess) -> None:
    """Before: all memory, or hours. Each is refused by what it does, and this process has taken nothing."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.monotonic()
    with pytest.raises(LimitError) as raised:
        process.render("shop/model", HUGE[name], {"messages": MESSAGES}, SECONDS, CHARACTERS)
    assert time.monotonic() - start < 15
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB
    expected: tuple[str, ...] = ("takes more than 1 GB of memory.",)
    if name in EITHER:
        expected += ("works longer than 1 s.",)
    elif name == "a call of a range":
        expected = ("makes more than 5,000,000 characters.",)
    assert raised.value.message.startswith(tuple(f"The chat template of 'shop/model' {limit}" for limit in expected))
    assert process.render("x", "{{ 1 + 1 }}", {}, SECONDS, CHARACTERS) == "2"


def test_the_line_is_named(process: TemplateProcess) -> None:
    with pytest.raises(LimitError) as raised:
        process.render("m", "{{ 'a' }}\n\n  {{ 'x'.center(99999999999) }}\n", {}, SECONDS, CHARACTERS)
    assert raised.value.message == (
        "The chat template of 'm' takes more than 1 GB of memory. Line 3: \"{{ 'x'.center(99999999999) }}\"."
    )


def test_a_range_is_refused_by_the_sandbox(process: TemplateProcess) -> None:
    with pytest.raises(jinja2.TemplateError, match="Range too big"):
        process.render("m", "{{ range(1000000000)|list }}", {}, SECONDS, CHARACTERS)


@pytest.mark.parametrize(
    "template",
    [
        "{% for m in messages %}{{ m.role }}: {{ m['content'] | tojson }}\n{% endfor %}",
        "{% for m in messages %}{% generation %}{{ m.content }}{% set x = 1 %}{% endgeneration %}{{ x }}{% endfor %}",
        "  {%- for m in messages %}\n  {% if loop.first %}{% continue %}{% endif %}\n{{ m | tojson(indent=2) }}\n"
        "  {% break %}\n{% endfor %}",
        "{% set n = namespace(a=1, self=2) %}{% for m in messages %}{% set n.a = n.a + 1 %}{% endfor %}{{ n.a }}",
        "{{ dict(a=1, b=[2]) | tojson(sort_keys=true, separators=(',', ':')) }}{{ dict.fromkeys('ab', 1) }}",
        "{{ messages[1].content | selectattr('type', 'equalto', 'text') | map(attribute='text') | join(' ') }}",
        "{{ strftime_now('%Y-%m') }}{{ tools }}{{ undefined }}{{ '€<&' }}{{ (1, 2) }}{{ pair }}{{ pair is iterable }}",
        "{% macro m(x) %}[{{ x }}]{% endmacro %}{{ m('a') }}{{ '{:>5}|{}'.format(1, 'b') }}{{ '%s-%d' % ('a', 3) }}",
    ],
    ids=["JSON", "generation", "loop controls", "namespace", "dict", "filters", "odd values", "macros and formats"],
)
def test_it_renders_as_transformers_does(template: str, process: TemplateProcess) -> None:
    values: dict[str, Any] = {"tools": None, "pair": (1, "b")}
    made = process.render("m", template, {"messages": MESSAGES, **values}, SECONDS, CHARACTERS)
    assert made == in_library(template, MESSAGES, **values)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ raise_exception('Turns must alternate') }}", "Turns must alternate"),
        ("{{ messages.append(1) }}", "unsafe"),
        ("{{ namespace(_x=1) }}", "'_x'"),
        ("{{ ''.__class__.x }}", "unsafe"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ nothing.more }}", "'nothing' is undefined"),
        ("{% for", "unexpected"),
        ("{% include 'x' %}", "no loader"),
    ],
)
def test_what_a_template_raises_is_told(template: str, said: str, process: TemplateProcess) -> None:
    with pytest.raises(jinja2.TemplateError) as raised:
        process.render("m", template, {"messages": MESSAGES}, SECONDS, CHARACTERS)
    assert said in str(raised.value)


def test_transformers_asks_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who calls transformers outside a block gets its own; inside, not even constants are evaluated here."""
    from transformers.utils.chat_template_utils import render_jinja_template

    from sensorium.checkpoint.untrusted import templates

    monkeypatch.setattr(templates, "TEMPLATE_SECONDS", SECONDS)
    chat = [[{"role": "user", "content": "x"}]]
    plain = "{{ messages[0].content }}{{ 'y'|center(5) }}"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with templates.bounded_template("m"):
        assert render_jinja_template(chat, chat_template=plain)[0] == ["x  y  "]
        with pytest.raises(LimitError, match="takes more than 1 GB"):
            render_jinja_template(chat, chat_template="{{ 'x'|center(10000000000) }}")
    assert render_jinja_template(chat, chat_template=plain)[0] == ["x  y  "]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_huge_call_of_a_checkpoint_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    import tiny
    from click.testing import CliRunner

    from sensorium.cli.main import main

    tiny.idefics3(tmp_path)
    (tmp_path / "chat_template.jinja").write_text("{{ 'x'.center(10000000000) }}")
    result = CliRunner().invoke(main, ["ask", "-m", f"transformers:{tmp_path}", "What?"])
    assert result.exit_code == 2 and "takes more than 1 GB of memory. Line 1:" in result.output
    assert "Traceback" not in result.output


def test_a_process_that_was_killed_begins_anew() -> None:
    process = TemplateProcess()
    try:
        assert process.render("m", "{{ a|tojson }}", {"a": {"b": 1}}, SECONDS, CHARACTERS) == json.dumps({"b": 1})
        assert process._process is not None
        process._process.kill()
        process._process.wait()
        assert process.render("m", "{{ 1 }}", {}, SECONDS, CHARACTERS) == "1"
    finally:
        process.end()
