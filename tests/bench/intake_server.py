"""A desk as a process of its own, for bench_intake: prints its port, ends with its stdin."""

import asyncio
import sys
from pathlib import Path

from tests.support.chat_desk import chat_desk


async def main(folder: Path) -> None:
    """Serve until standard input ends."""
    async with chat_desk(folder) as desk:
        sys.stdout.write(f"{desk.settings.http.port}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
