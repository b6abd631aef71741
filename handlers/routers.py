"""Every router, in order: order is meaning, for free text comes last."""

from aiogram import Router

from handlers import control, errors, people, signals, start, status, terminals, why


def routers() -> tuple[Router, ...]:
    """Return the routers, the hot one first: a tap is routed before anything else is tried."""
    order = (errors, terminals, start, status, control, people, why, signals)
    return tuple(each.router() for each in order)
