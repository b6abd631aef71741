"""A local Bot API: a strict server, a scripted person and a chat page, all in memory."""

from bot.sandbox.chats import Chat, ChatMessage, User
from bot.sandbox.faults import Faults
from bot.sandbox.person import Person
from bot.sandbox.server import TOKEN, ApiCall, Sandbox
from bot.sandbox.wire import ApiError
from bot.sandbox.world import Toast

__all__ = [
    "TOKEN",
    "ApiCall",
    "ApiError",
    "Chat",
    "ChatMessage",
    "Faults",
    "Person",
    "Sandbox",
    "Toast",
    "User",
]
