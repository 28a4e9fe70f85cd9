"""Send one notice through Apprise, which knows webhooks, e-mail, ntfy and many services more."""

import logging

import apprise

from vault.notices import Notice


def possible(notice: Notice) -> bool:
    """Whether Apprise understands the entry's address; nothing is sent."""
    return _service(notice, "") is not None


def send(notice: Notice, title: str) -> bool:
    """Whether the message was taken. An address that is none is not taken either."""
    service = _service(notice, title)
    return service is not None and bool(service.notify(title=title, body=notice.text))


def _service(notice: Notice, title: str) -> apprise.Apprise | None:
    # Nothing of it reaches a log, where addresses with their passwords would stand, and nothing a disk.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    asset = apprise.AppriseAsset(
        app_id=title or "Notes",
        app_desc=title or "Notes",
        app_url="",
        plugin_paths=[],
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        async_mode=False,
        pem_autogen=False,
        pgp_autogen=False,
        body_format=apprise.NotifyFormat.TEXT,
    )
    service = apprise.Apprise(asset=asset)
    return service if service.add(notice.address) else None
