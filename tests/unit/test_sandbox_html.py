"""Telegram's HTML as the sandbox reads it."""

import pytest

from bot.sandbox import ApiError
from bot.sandbox.entities import (
    Entity,
    FormattedText,
    detect,
    to_html,
    trimmed,
    utf16_length,
)
from bot.sandbox.markup_html import parse_html


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("<b>x</b>", "bold"),
        ("<strong>x</strong>", "bold"),
        ("<i>x</i>", "italic"),
        ("<em>x</em>", "italic"),
        ("<u>x</u>", "underline"),
        ("<ins>x</ins>", "underline"),
        ("<s>x</s>", "strikethrough"),
        ("<strike>x</strike>", "strikethrough"),
        ("<del>x</del>", "strikethrough"),
        ('<span class="tg-spoiler">x</span>', "spoiler"),
        ("<tg-spoiler>x</tg-spoiler>", "spoiler"),
        ("<code>x</code>", "code"),
        ("<pre>x</pre>", "pre"),
        ("<blockquote>x</blockquote>", "blockquote"),
        ("<blockquote expandable>x</blockquote>", "expandable_blockquote"),
        ("<B>x</B>", "bold"),
    ],
)
def test_each_tag_becomes_its_entity(source: str, kind: str) -> None:
    assert parse_html(source) == FormattedText("x", (Entity(kind, 0, 1),))


def test_link_keeps_its_address() -> None:
    parsed = parse_html('<a href="https://example.com/?a=1&amp;b=2">here</a>')
    assert parsed.entities == (Entity("text_link", 0, 4, "https://example.com/?a=1&b=2"),)


def test_link_without_a_usable_address_is_plain_text() -> None:
    assert parse_html('<a href="javascript:alert(1)">here</a>') == FormattedText("here")


def test_language_of_a_code_block_is_kept() -> None:
    parsed = parse_html('<pre><code class="language-json">{}</code></pre>')
    assert parsed.entities == (Entity("pre", 0, 2, "json"),)


def test_offsets_are_utf16_units() -> None:
    assert parse_html("🟢 <b>BUY</b>").entities == (Entity("bold", 3, 3),)


def test_nested_tags_come_outer_first() -> None:
    kinds = [entity.type for entity in parse_html("<b>a<i>b</i></b>").entities]
    assert kinds == ["bold", "italic"]


def test_nothing_is_styled_inside_pre() -> None:
    assert [e.type for e in parse_html("<pre>a <b>b</b></pre>").entities] == ["pre"]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a &lt;b&gt; &amp; &quot;c&quot;", 'a <b> & "c"'),
        ("P&L", "P&L"),
        ("&nbsp; &copy;", "&nbsp; &copy;"),
        ("&#65;&#x42;", "AB"),
        ("5 > 3", "5 > 3"),
    ],
)
def test_character_references_are_read_as_telegram_reads_them(source: str, text: str) -> None:
    assert parse_html(source).text == text


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 0'),
        ("a<br>b", 'Unsupported start tag "br" at byte offset 1'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("é<x>", 'Unsupported start tag "x" at byte offset 2'),
        ("equity<9000", "Unclosed start tag at byte offset 6"),
        ('<a href="x', 'Unclosed start tag "a" at byte offset 0'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<a =x>y</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<a href=x/y>y</a>", "Unexpected end of name token at byte offset 8"),
    ],
)
def test_broken_html_is_refused_in_telegrams_words(source: str, why: str) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_html(source)
    assert refusal.value.description == f"Bad Request: can't parse entities: {why}"


def test_trimming_moves_entities_along() -> None:
    text = trimmed(parse_html("\n <b>x</b> y \n"))
    assert text == FormattedText("x y", (Entity("bold", 0, 1),))


def test_commands_and_links_are_found_outside_code() -> None:
    found = detect(parse_html("/cap 5 <code>/no</code> https://example.com/a."))
    assert [(e.type, e.offset, e.length) for e in found.entities] == [
        ("bot_command", 0, 4),
        ("code", 7, 3),
        ("url", 11, 21),
    ]


@pytest.mark.parametrize("source", ["<b>a<i>b</i></b> &lt; 🟢 <code>c</code>", "plain", ""])
def test_html_survives_a_round_trip(source: str) -> None:
    assert to_html(parse_html(source)) == source


def test_length_counts_surrogate_pairs_twice() -> None:
    assert utf16_length("a🟢") == 3
