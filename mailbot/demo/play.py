"""`mailbot demo`: the whole world for a person to play in, or one story played to its end on the terminal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
import structlog
from rich.markup import escape
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from mailbot import app as program
from mailbot.clock import Clock
from mailbot.demo import mails, stories
from mailbot.demo.servers import LOOPBACK
from mailbot.demo.stage import Outcome, Stage
from mailbot.demo.stories import Line
from mailbot.demo.travel import Clockwork
from mailbot.demo.world import SUPPORT, World, free_port, open_world
from mailbot.log import set_up_log
from mailbot.loops.runner import Runner
from mailbot.reader import Reader
from mailbot.store.tables import mail
from mailbot.terminal import plain_line, screen

STORY_BEGINS = datetime.fromisoformat("2026-11-23T09:30:00+08:00")  # a Monday morning, so that stories keep
LOOPS = ("fetch", "work")  # the others are the clockwork
DAY_SECONDS = 30.0  # longest wait for the day's mails to be on the desk


def run_demo(port: int) -> None:
    """Start everything, say where it is, and run until Ctrl-C."""
    _quiet_log()
    found = free_port(port)
    if port and found != port:
        screen.print(f"端口 {port} 已被占用，改用 {found} / port {port} is taken, using {found}")
    stop: list[Callable[[], None]] = []
    try:
        with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=screen) as bar:
            task = bar.add_task("启动 / starting", total=3 + len(mails.DAY))
            with open_world(Clock(), f"{LOOPBACK}:{found}") as world:
                bar.advance(task)
                clockwork, runner = Clockwork(world.app), Runner(world.app.engine, world.app.clock, world.app.stop)

                def ready() -> None:
                    runner.start(clockwork.loop)
                    stop.append(open_console(world, clockwork))
                    bar.advance(task)
                    _bring_the_day(world, lambda done: bar.update(task, completed=2 + done))
                    bar.update(task, completed=3 + len(mails.DAY))
                    bar.stop()
                    _welcome(world)

                program.run(world.app, LOOPS, ready)
                clockwork.loop.wake.set()
                runner.join(program.STOP_SECONDS)
                for each in stop:
                    each()
    except KeyboardInterrupt:  # before the loops ran
        pass
    screen.print("演示结束，未留下任何文件 / the demo is over, nothing is left behind")


def play_story(name: str) -> int:
    """Play a packed story, or a story file; 0 when it went as told, 1 otherwise."""
    _quiet_log()
    story = stories.read_story(stories.load(name))
    reader = Reader()
    try:
        with open_world(Clock(STORY_BEGINS)) as world:
            went_well = stories.play(story, Stage(world, reader), tell)
    finally:
        reader.close()
    verdict = "[green]it went as told[/]" if went_well else "[red]it did not go as told[/]"
    screen.print(f"story {escape(name)}: {verdict}")
    return 0 if went_well else 1


def tell(line: Line, outcome: Outcome) -> None:
    """One line of a story on the terminal, with what really happened."""
    mark = "[green]✓[/]" if outcome.ok else "[red]✗[/]"
    screen.print(f"{mark} {escape(plain_line(line.text))}", soft_wrap=True)
    for words in line.block:
        screen.print(f"      [dim]{escape(plain_line(words))}[/]", soft_wrap=True)
    style = "dim" if outcome.ok else "red"
    screen.print(f"    [{style}]→ {escape(plain_line(outcome.happened))}[/]", soft_wrap=True)


def open_console(world: World, clockwork: Clockwork) -> Callable[[], None]:
    """The console with the demo's pages; the call returned stops it."""
    # Imported here: a story needs no web framework.
    from mailbot.console.app import create_app
    from mailbot.console.parts import Parts
    from mailbot.console.server import serve_app
    from mailbot.demo.pages import add_demo

    app = world.app
    pages = create_app(Parts(app.engine, app.desk, app.config, app.clock))
    add_demo(pages, world, clockwork)
    return serve_app(pages, app.config)


def _bring_the_day(world: World, progress: Callable[[int], None]) -> None:
    """Deliver the day's mails and wait until the loops have dealt with them."""
    now = world.clock.now().astimezone(world.app.config.company.zone)
    for moment, raw in mails.the_day(now):
        world.servers.deliver(SUPPORT, raw, at=moment)
    query = sa.select(sa.func.count()).select_from(mail).where(mail.c.state != "stored")
    for _ in range(int(DAY_SECONDS / 0.2)):
        with world.app.engine.read() as tx:
            done = int(tx.execute(query).scalar_one())
        progress(done)
        if done >= len(mails.DAY) or world.app.stop.wait(0.2):
            return


def _welcome(world: World) -> None:
    url = world.app.config.console.public_url
    lines = (
        f"[bold]客服台  Desk[/]       {url}/",
        f"[bold]客户页  Customers[/]  {url}/demo",
        f"[bold]时钟    Clock[/]      {url}/demo/clock",
        "",
        f"客服 agent        [bold]demo[/]  密码 password  [bold]{world.passwords['demo']}[/]",
        f"主管 supervisor   [bold]boss[/]  密码 password  [bold]{world.passwords['boss']}[/]",
        "",
        "1. 用 demo 登录，打开最急的一封，批准回复",
        "   Log in as demo, open the most urgent mail, approve the reply",
        "2. 在客户页读回信，在行间作答再寄回来",
        "   Read it as the customer, answer between its lines",
        "3. 把时钟拨到 17:00 或三天后，看时限到期、进展信和提醒信寄到谁的邮箱",
        "   Move the clock: what falls due, and who gets progress mails and reminders",
        "",
        "[dim]Ctrl-C 结束，什么也不留下  ends it and leaves nothing behind[/]",
    )
    screen.print(Panel("\n".join(lines), title="mailbot demo", expand=False))


def _quiet_log() -> None:
    """Only what is out of order; the story or the page tells the rest."""
    set_up_log()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
