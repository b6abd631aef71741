"""What a service says to a person: English text that still knows the sentence it was made of."""

from collections.abc import Iterable, Mapping


class Told(str):
    """A text with its template and values, so that the chat can say it in another language."""

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]


def told(template: str, /, **values: object) -> Told:
    """Return a sentence with its values in their places."""
    text = Told(template.format_map(values) if values else template)
    text.template = template
    text.values = values
    return text


def capital(words: str) -> str:
    """Return a sentence with a capital in front, in whatever language it is read."""
    text = words[:1].upper() + words[1:]
    if isinstance(words, Told):
        kept = Told(text)
        kept.template, kept.values = words.template, words.values
        return kept
    return text


def joined(parts: Iterable[str], between: str = "\n") -> Told:
    """Return parts one after the other, each of which keeps the sentence it was made of."""
    values = {f"part{number}": part for number, part in enumerate(parts)}
    return told(between.join(f"{{{name}}}" for name in values), **values)


def listed(parts: Iterable[str]) -> str:
    """Return parts with an "and" between them; none is an empty text."""
    text = ""
    for part in parts:
        text = told("{one} and {other}", one=text, other=part) if text else part
    return text
