"""Files a bot uploads: taken from a multipart part or named by an earlier id."""

import struct

from bot.sandbox.chats import StoredFile
from bot.sandbox.wire import ApiError, Json, Params, Upload, bad_request
from bot.sandbox.world import World

_PHOTO_BYTES = 10 * 1024 * 1024
_DOCUMENT_BYTES = 50 * 1024 * 1024
_SIDES_SUM = 10_000
_SIDES_RATIO = 20


def media_of(world: World, params: Params, kind: str, source: str) -> StoredFile:
    """Return the file of a photo or document parameter, stored when it is new."""
    upload = params.uploads.get(source.removeprefix("attach://") if source else kind)
    if upload is not None:
        return keep(world, kind, upload)
    if not source:
        raise bad_request(f"there is no {kind} in the request")
    known = world.files.get(source)
    if known is not None:
        return known
    if source.startswith(("http://", "https://")):
        # The sandbox reaches no network, which is what Telegram says when it cannot either.
        raise bad_request("failed to get HTTP URL content")
    raise bad_request("wrong file identifier/HTTP URL specified")


def keep(world: World, kind: str, upload: Upload) -> StoredFile:
    """Store an uploaded file after the checks of its kind."""
    if not upload.body:
        raise bad_request("file must be non-empty")
    limit = _PHOTO_BYTES if kind == "photo" else _DOCUMENT_BYTES
    if len(upload.body) > limit:
        raise ApiError(413, "Request Entity Too Large")
    width, height = _photo_size(upload.body) if kind == "photo" else (0, 0)
    name = upload.name.replace("/", "_").replace("\\", "_") or kind
    stored = StoredFile(
        f"file{world.serial()}", name, upload.content_type, upload.body, width, height
    )
    world.files[stored.file_id] = stored
    return stored


def get_file(world: World, params: Params) -> Json:
    """Return where to download a file."""
    stored = world.files.get(params.text("file_id"))
    if stored is None:
        raise bad_request("invalid file_id")
    return {**stored.to_json(), "file_path": stored.path}


def _photo_size(body: bytes) -> tuple[int, int]:
    size = _png_size(body) or _jpeg_size(body)
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    short, long = sorted(size)
    if short == 0 or short + long > _SIDES_SUM or long > short * _SIDES_RATIO:
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return size


def _png_size(body: bytes) -> tuple[int, int] | None:
    if not body.startswith(b"\x89PNG\r\n\x1a\n") or len(body) < len(b"\x89PNG") + 20:
        return None
    width, height = struct.unpack(">II", body[16:24])
    return width, height


def _jpeg_size(body: bytes) -> tuple[int, int] | None:
    if not body.startswith(b"\xff\xd8"):
        return None
    at = 2
    while at + 9 < len(body):
        marker, length = body[at + 1], int.from_bytes(body[at + 2 : at + 4], "big")
        # SOF0 to SOF15 hold the size; C4, C8 and CC in that range are other tables.
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", body[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None
