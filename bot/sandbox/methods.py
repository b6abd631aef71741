"""The Bot API methods the sandbox knows, by name."""

from collections.abc import Callable
from typing import TypeAlias

from bot.sandbox import editing, files, queries, sending, settings
from bot.sandbox.wire import Json, Params
from bot.sandbox.world import World

Method: TypeAlias = Callable[[World, Params], Json]

METHODS: dict[str, Method] = {
    "getMe": settings.get_me,
    "logOut": settings.say_true,
    "close": settings.say_true,
    "setWebhook": settings.set_webhook,
    "deleteWebhook": settings.delete_webhook,
    "getWebhookInfo": settings.get_webhook_info,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendDocument": sending.send_document,
    "sendMediaGroup": sending.send_media_group,
    "sendChatAction": sending.send_chat_action,
    "editMessageText": editing.edit_text,
    "editMessageCaption": editing.edit_caption,
    "editMessageMedia": editing.edit_media,
    "editMessageReplyMarkup": editing.edit_markup,
    "deleteMessage": editing.delete_message,
    "deleteMessages": editing.delete_messages,
    "pinChatMessage": editing.pin_message,
    "unpinChatMessage": editing.unpin_message,
    "answerCallbackQuery": queries.answer_callback_query,
    "sendInvoice": queries.send_invoice,
    "createInvoiceLink": queries.create_invoice_link,
    "answerPreCheckoutQuery": queries.answer_pre_checkout_query,
    "refundStarPayment": queries.refund_star_payment,
    "setMyCommands": settings.set_commands,
    "getMyCommands": settings.get_commands,
    "deleteMyCommands": settings.delete_commands,
    "setChatMenuButton": settings.set_menu_button,
    "getChat": settings.get_chat,
    "getChatMember": settings.get_chat_member,
    "getChatAdministrators": settings.get_chat_administrators,
    "getFile": files.get_file,
}
# Telegram reads method names in any case.
NAMES: dict[str, str] = {name.lower(): name for name in METHODS} | {"getupdates": "getUpdates"}
