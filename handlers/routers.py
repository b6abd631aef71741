"""Every router, in order: order is meaning, for free text comes last."""

from aiogram import Router

from handlers import (
    accounts,
    attention,
    caps,
    choosing,
    control,
    dashboard,
    deciding,
    email,
    errors,
    files,
    people,
    plans,
    positions,
    results,
    signals,
    sources,
    start,
    status,
    terminals,
    timeline,
    token,
    why,
)


def routers() -> tuple[Router, ...]:
    """Return the routers, the hot one first: a tap is routed before anything else is tried."""
    ordered = (
        errors,
        deciding,
        sources,
        terminals,
        token,
        choosing,
        accounts,
        start,
        status,
        control,
        attention,
        email,
        caps,
        people,
        plans,
        dashboard,
        why,
        positions,
        timeline,
        results,
        files,
        signals,
    )
    return tuple(each.router() for each in ordered)
