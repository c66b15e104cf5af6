"""A real browser on the running site."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from gallery.models import User
from tests.browsers import chromium
from tests.conftest import PASSWORD

# Long enough for a busy machine; what never comes still fails.
expect.set_options(timeout=20_000)

SignIn = Callable[..., Page]
Open = Callable[..., Page]


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    path = chromium()
    if path is None:
        sentence = "there is no Chromium: install it, or set CHROMIUM to its path"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)  # `make test` has said so in large letters
    # Playwright keeps an event loop in this thread, and Django would refuse to ask the database beside it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture
def sign_in(browser: Browser, live_server: LiveServer) -> Iterator[SignIn]:
    """Opens a browser of its own for a person, signed in, on a page. Any message of the console fails the test."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def open_for(user: User, path: str = "/", **options: object) -> Page:
        context = browser.new_context(base_url=live_server.url, **options)  # type: ignore[arg-type]  # passed on
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.goto(f"/login/?next={path}")
        page.fill("[name=username]", user.username)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(f"**{path}")
        return page

    yield open_for
    for context in opened:
        context.close()
    assert complaints == []


@pytest.fixture
def site(live_server: LiveServer, media: Path) -> str:
    """The address of the running site, with an empty store of its own."""
    del media
    return str(live_server.url)


@pytest.fixture
def open_as(browser: Browser, site: str) -> Iterator[Open]:
    """
    A page of the site as somebody sees it, without the way through the login page.

    Whatever its scripts complain about, and whatever its own policy forbids, fails the test.
    """
    contexts = []
    complaints: list[str] = []

    def opened(
        user: User,
        address: str,
        *,
        width: int = 1440,
        height: int = 900,
        script: bool = True,
        dark: bool = False,
        **more: object,
    ) -> Page:
        client = Client()
        client.force_login(user)
        context = browser.new_context(
            base_url=site,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            reduced_motion="reduce",
            **more,  # type: ignore[arg-type]  # passed on
        )
        contexts.append(context)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
