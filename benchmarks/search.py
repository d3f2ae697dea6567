"""Search in half a million mails: 30 words of two characters, from those in most mails to those in none.

The mails are made up sentence by sentence, so that words are as frequent as in a support mailbox; they are put into
the tables in bulk, then made findable by the code that intake uses. What is measured is `store.search.search` for
one page of 50: candidates, the mails themselves, excerpts.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import sqlalchemy as sa

from benchmarks.intake import Urls
from mailbot.store import schema, search
from mailbot.store.engine import Engine
from mailbot.store.tables import mail, raw, ticket

PAGE = 50
RUNS = 5
CHUNK = 5000
MAILS_OF_A_TICKET = 2
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)

GREETINGS = ("您好,", "你好,", "您好!请问", "客服您好,", "")
PRODUCTS = (
    *("空调", "冰箱", "洗衣机", "热水器", "电饭煲", "净化器", "油烟机", "电水壶", "扫地机", "微波炉", "烤箱", "加湿器"),
    *("吸尘器", "洗碗机", "电风扇", "豆浆机", "破壁机", "取暖器", "除湿机", "饮水机", "消毒柜", "榨汁机", "电熨斗"),
)
TROUBLES = (
    *(
        "收到以后一直没有反应",
        "想申请退货,怎么操作",
        "制冷效果很差",
        "物流一直没有更新",
        "需要开一张发票",
        "漏水很严重",
    ),
    *("声音特别大", "安装师傅没有按时来", "少了一个配件", "外壳有划痕", "屏幕不亮", "退款什么时候到账", "想换一个颜色"),
    *("保修期是多久", "遥控器失灵", "面板显示故障代码", "价格比昨天贵了一百块", "地址写错了想改一下", "有股焦糊的味道"),
    *("说明书找不到了", "滤网在哪里买", "插头松动", "门关不严", "连不上无线网络", "对服务态度非常不满意", "底座开裂了"),
)
FILLERS = (
    *("已经用了三个月", "家里有老人和孩子", "昨天打过电话没有人接", "照片在附件里", "麻烦尽快处理一下", "希望给个说法"),
    *("我试过重启还是不行", "包装是完好的", "邻居家也是这样", "天气太热了实在不方便", "之前的客服说两天内回复"),
)
CLOSINGS = ("谢谢!", "麻烦了,谢谢。", "请回复。", "")
ENGLISH = (
    "Hello, the kettle I ordered leaks at the bottom. Please send a replacement. Order {order}.",
    "My parcel was due on Friday and tracking has not moved since. Order {order}. Kind regards",
    "How do I clean the filter, and how often should it be replaced? Thank you.",
)
COMMON = "春华明安东西南北山水金木江河湖海林田云石青白红长大小新平阳光和兴福永昌盛丰庆文武德仁义礼信忠孝廉"
FREQUENT = ("您好", "订单", "谢谢", "空调", "退货", "没有", "麻烦", "客服")
MIDDLING = ("焦糊", "插头", "开裂", "熨斗", "榨汁", "无线", "遥控", "邻居")
RARE = tuple(f"{COMMON[n]}{COMMON[-n - 1]}" for n in (2, 5, 9, 13, 16, 19, 21, 23))
ABSENT = ("魑魅", "饕餮", "龃龉", "耄耋", "旖旎", "氤氲")


@dataclass(frozen=True)
class Result:
    """One word on one database; `ms`: every run, the first one included."""

    database: str
    words: str
    kind: str
    mails_with: int
    ms: tuple[float, ...]


@dataclass(frozen=True)
class Built:
    """What it took to make the mails findable."""

    database: str
    mails: int
    seconds: float  # all in all
    index_ms: float  # for each mail, in batches


def measure(mails: int, databases: list[str]) -> tuple[list[Built], list[Result]]:
    """Each database in turn; the queries shuffled, so that none profits from the one before."""
    built: list[Built] = []
    found: list[Result] = []
    with ExitStack() as stack:
        urls = Urls(stack)
        for database in databases:
            engine = Engine(urls.fresh(database))
            schema.upgrade(engine)
            built.append(_build(engine, database, mails))
            found += _ask(engine, database)
            engine.dispose()
    return built, found


def _ask(engine: Engine, database: str) -> list[Result]:
    kinds = {"frequent": FREQUENT, "middling": MIDDLING, "rare": RARE, "absent": ABSENT}
    asked = [(kind, words) for kind, several in kinds.items() for words in several]
    took: dict[str, list[float]] = {words: [] for _, words in asked}
    shuffled = random.Random(1)
    with engine.read() as tx:
        for _ in range(RUNS):
            for _, words in shuffled.sample(asked, len(asked)):
                began = time.perf_counter()
                search.search(tx, words, PAGE)
                took[words].append((time.perf_counter() - began) * 1000)
        query = sa.select(sa.func.count()).select_from(mail)
        return [
            Result(
                database,
                words,
                kind,
                int(tx.execute(query.where(mail.c.words.contains(words))).scalar_one()),
                tuple(took[words]),
            )
            for kind, words in asked
        ]


def summary(results: list[Result]) -> dict[str, float]:
    """Median and 95th percentile in milliseconds over all runs of all words."""
    every = [each for result in results for each in result.ms]
    return {
        "median_ms": statistics.median(every),
        "p95_ms": statistics.quantiles(every, n=20)[-1],
        "slowest_ms": max(every),
    }


def _build(engine: Engine, database: str, mails: int) -> Built:
    began = time.perf_counter()
    with engine.write() as tx:
        tx.execute(sa.insert(raw), {"sha256": "0" * 64, "size": 1, "content": b"x"})
    rows = _mails(mails)
    for first in range(0, mails, CHUNK):
        count = min(CHUNK, mails - first)
        with engine.write() as tx:
            numbers = range(first // MAILS_OF_A_TICKET + 1, (first + count - 1) // MAILS_OF_A_TICKET + 2)
            tx.execute(sa.insert(ticket), [_ticket(number) for number in numbers])
            tx.execute(sa.insert(mail), [next(rows) for _ in range(count)])
    filled = time.perf_counter()
    for first in range(0, mails, 200):  # as large as a batch of intake, each committed
        with engine.write() as tx:
            search.put_again(tx, range(first + 1, min(first + 200, mails) + 1))
    done = time.perf_counter()
    _settle(engine)
    return Built(database, mails, done - began, (done - filled) * 1000 / mails)


def _settle(engine: Engine) -> None:
    """What a database does by itself in the hours in which so many mails come."""
    if not engine.is_sqlite:
        with engine.sqlalchemy.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
            tx.execute(sa.text("VACUUM ANALYZE"))


def _ticket(number: int) -> dict[str, Any]:
    at = BEGAN + timedelta(minutes=number)
    return {
        "id": number,
        "number": f"{at:%Y%m%d}-{number:06d}",
        "mailbox": "support",
        "customer": f"c{number}@mail.example",
        "subject": "x",
        "subject_key": "x",
        "language": "zh",
        "category": "fault",
        "topic": "malfunction",
        "priority": "normal",
        "state": "closed",
        "waiting_on": "us",
        "mood": "calm",
        "confidence": 900,
        "missing": [],
        "facts": [],
        "opened_at": at,
        "updated_at": at,
        "version": 1,
    }


def _mails(count: int) -> Iterator[dict[str, Any]]:
    """Row after row; the same ones each time."""
    chance = random.Random(20261123)
    rare = [one + other for one in COMMON for other in COMMON]
    chance.shuffle(rare)
    weights = list(accumulate(1 / (rank + 20) for rank in range(len(rare))))
    for number in range(1, count + 1):
        at = BEGAN + timedelta(seconds=number * 30)
        order = f"2026{number:014d}"
        product = _of(chance, PRODUCTS)
        yield {
            "id": number,
            "mailbox": "support",
            "folder": "INBOX",
            "uidvalidity": 1,
            "uid": number,
            "received_at": at,
            "taken_in_at": at,
            "size": 6000,
            "partial": False,
            "state": "done",
            "attempts": 1,
            "raw_sha256": "0" * 64,
            "body_sha256": f"{number:064x}",
            "kind": "human",
            "ticket_id": (number - 1) // MAILS_OF_A_TICKET + 1,
            "sender": f"c{number}@mail.example",
            "sender_name": "".join(chance.choices(COMMON, k=2)),
            "subject": f"{product}的问题",
            "words": _text(chance, product, order, chance.choices(rare, cum_weights=weights, k=2)),
        }


def _of(chance: random.Random, several: tuple[str, ...]) -> str:
    """One of them; the first ones are the most frequent."""
    return several[min(int(chance.expovariate(4 / len(several))), len(several) - 1)]


def _text(chance: random.Random, product: str, order: str, names: list[str]) -> str:
    if chance.random() < 0.2:
        return chance.choice(ENGLISH).format(order=order)
    said = [f"我在你们店买的{product}{_of(chance, TROUBLES)}"]
    said += chance.sample(FILLERS, chance.randrange(1, 5))
    if chance.random() < 0.6:
        said.append(f"订单号{order}")
    if chance.random() < 0.5:
        said.append(f"另外{_of(chance, TROUBLES)}")
    said.append(f"我住在{names[0]}路{names[1]}小区")
    return f"{_of(chance, GREETINGS)}{','.join(said)}。{_of(chance, CLOSINGS)}"


if __name__ == "__main__":
    from benchmarks.__main__ import main

    main(["search", *sys.argv[1:]])
