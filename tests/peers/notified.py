"""What a browser shows by itself: messages that are delivered to the service worker of a real Chromium, and taps.

A push service would hand them over encrypted, and the browser would decrypt them; Chromium's debugging interface delivers
what came of that. Two things are played, because they are not to be had in a test: `PushManager.subscribe`, which asks the
servers of the browser's maker, and the leave to open a window that a real tap gives.
"""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page, Worker
from tests.patience import patience
from tests.peers.pushservice import Subscribed

_PLAYED = """
given => {
    let mine = null;
    const text = given.key.replaceAll("-", "+").replaceAll("_", "/");
    const key = () => Uint8Array.from(atob(text), one => one.charCodeAt(0)).buffer;
    PushManager.prototype.getSubscription = async () => mine;
    PushManager.prototype.subscribe = async (options) => {
        window.asked = options;
        if (window.refused) throw new DOMException("push service not available", "AbortError");
        return (mine = {
            endpoint: given.address,
            options: {applicationServerKey: key()},
            toJSON: () => ({endpoint: given.address, keys: {p256dh: given.p256dh, auth: given.auth}}),
            unsubscribe: async () => { mine = null; return true; },
        });
    };
}
"""
_SHOWN = """
async () => (await registration.getNotifications()).map(({title, body, tag, data, requireInteraction}) => (
    {title, body, tag, url: data?.url, stays: requireInteraction}
))
"""
_TAP = """
async (tag) => {
    const opened = [];
    clients.openWindow = async (url) => { opened.push(url); return null; };
    const [notification] = await registration.getNotifications({tag});
    const event = new NotificationEvent("notificationclick", {notification});
    const done = [];
    event.waitUntil = (work) => done.push(work);
    self.dispatchEvent(event);
    await Promise.all(done);
    return opened;
}
"""


def played(page: Page, browser: Subscribed) -> None:
    """On the page that is open, this browser can be subscribed."""
    key = page.locator("[data-push-key]").get_attribute("data-push-key")
    page.evaluate(_PLAYED, browser.given | {"key": key})


class Notified:
    """The notifications of one origin in one browser. Begun on a page of that origin, and good for as long as it lives."""

    def __init__(self, context: BrowserContext, page: Page, origin: str) -> None:
        self._context, self._page, self._origin = context, page, origin
        self._chrome: CDPSession = context.new_cdp_session(page)
        self._registrations: list[str] = []
        self._chrome.on("ServiceWorker.workerRegistrationUpdated", self._updated)
        self._chrome.send("ServiceWorker.enable")
        self._until(lambda: bool(self._registrations), "a service worker")

    @property
    def worker(self) -> Worker:
        self._until(lambda: bool(self._context.service_workers), "a service worker that runs")
        return self._context.service_workers[-1]

    def deliver(self, content: str) -> None:
        """A push message, decrypted."""
        about = {"origin": self._origin, "registrationId": self._registrations[-1], "data": content}
        self._chrome.send("ServiceWorker.deliverPushMessage", about)

    def shown(self) -> list[dict[str, Any]]:
        """What is shown now."""
        return list(self.worker.evaluate(_SHOWN))

    def wait_shown(self, *titles: str) -> list[dict[str, Any]]:
        """Until these are shown, and nothing else."""
        found: list[dict[str, Any]] = []

        def there() -> bool:
            found[:] = self.shown()
            return sorted(one["title"] for one in found) == sorted(titles)

        self._until(there, f"{titles}, but {found}")
        return found

    def tap(self, tag: str) -> list[str]:
        """Somebody taps a notification; gives the addresses that the browser would open."""
        return list(self.worker.evaluate(_TAP, tag))

    def _updated(self, event: dict[str, Any]) -> None:
        self._registrations += [one["registrationId"] for one in event["registrations"] if not one["isDeleted"]]

    def _until(self, true: Any, what: str, seconds: float = 15.0) -> None:
        ends = time.monotonic() + patience(seconds)
        while not true():
            assert time.monotonic() < ends, f"there is not {what}"
            self._page.wait_for_timeout(50)
