"""Text of a signal channel to a reading: signals, an update, a held message, or nothing.

text -> normalise -> lexer -> tagger -> fields -> blocks -> interpret -> Reading
(plain letters, tokens, words of the trade, labelled numbers, trades, checked prices)
"""

from trading.parser.reader import parse
from trading.parser.reading import ParsedSignal, Reading, SignalUpdate, UpdateKind

__all__ = ["ParsedSignal", "Reading", "SignalUpdate", "UpdateKind", "parse"]
