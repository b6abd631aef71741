"""The people of the desk as the services and the menu ask for them."""

from storage import people
from storage.base import StoreBase
from trading.model import Member


class MemberStore(StoreBase):
    """Members of the desk; each method is one transaction."""

    async def members(self) -> list[Member]:
        """Return everyone who may speak to the desk, in the order they came."""
        return await self._read(people.members)
