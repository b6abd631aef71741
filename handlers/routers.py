"""Every router, in order: order is meaning, for free text comes last."""

from aiogram import Router

from handlers import control, errors, signals, start, status, terminals


def routers() -> tuple[Router, ...]:
    """Return the routers, the hot one first: a tap is routed before anything else is tried."""
    return tuple(each.router() for each in (errors, terminals, start, status, control, signals))
