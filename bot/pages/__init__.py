"""The dashboard: pages of the desk, made on the server, for a phone and for a browser.

Nothing here runs, or is imported, before ``DASHBOARD_URL`` is set.
"""
