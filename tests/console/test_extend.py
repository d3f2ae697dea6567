"""Another part brings its own pages in the same dress, as the demo does."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from mailbot.console.page import render

PAGE = """{% extends "base.html" %}
{% block title %}Write to us{% endblock %}
{% block nav %}<a href="/play">Play</a>{% endblock %}
{% block main %}<h1>{{ heading }}</h1><link rel="stylesheet" href="{{ static('play.css') }}">{% endblock %}
"""


def test_a_part_adds_templates_static_files_and_routes(world, tmp_path):
    pages, static = tmp_path / "pages", tmp_path / "static"
    pages.mkdir()
    static.mkdir()
    (pages / "play.html").write_text(PAGE, "utf-8")
    (static / "play.css").write_text("h1 { color: inherit; }", "utf-8")
    router = APIRouter()

    def play(request: Request) -> HTMLResponse:
        return render(request, "play.html", heading="<Hello>")

    router.add_api_route("/play", play)
    world.console.state.pages.add(pages, static)
    world.console.include_router(router)

    answer = world.browser().get("/play")

    assert 200 == answer.status_code
    assert "<h1>&lt;Hello&gt;</h1>" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert 200 == world.browser().get("/static/play.css").status_code
