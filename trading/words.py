"""What a service says to a person: English text that still knows the sentence it was made of."""

from collections.abc import Mapping


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
