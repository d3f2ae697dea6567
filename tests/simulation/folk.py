"""The people: agents who work in opening hours, some of them late; customers who answer, rate, or do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mailbot.core.ticket import (
    Adopted,
    Assigned,
    Closed,
    Delayed,
    DraftApproved,
    DraftRejected,
    DraftWritten,
    Escalated,
    Event,
    MaterialWanted,
    Noted,
    OptedOut,
    Planned,
    PromiseEnded,
    Rated,
    Resolved,
    Side,
    Taken,
    TaskDone,
    Transferred,
)
from tests.simulation.letters import Letters, Sort
from tests.simulation.program import AGENTS, Came, Incoming
from tests.simulation.shop import Shop

NEWS = ("已联系维修团队,预计明日上门", "配件已发货,运单已生成", "已与仓库核实,正在安排补发")
TASKS = ("请安排工程师上门检测", "请核实该批次的库存", "请核实退款进度")
DEPARTMENTS = ("technical", "logistics", "finance", "after_sales")
SIDES: tuple[Side, ...] = ("company", "third_party", "customer", "none")
WANTS_AN_ANSWER = ("opened", "mail")
# Owed by a case that no agent looks at any more, and somebody had a mail about it.
TOLD_OF = (
    "SELECT p.id, p.ticket_id, p.kind FROM promise p JOIN ticket t ON t.id = p.ticket_id"
    " WHERE p.state = 'open' AND p.kind IN ('pledge', 'revisit') AND t.state IN ('resolved', 'closed') AND EXISTS"
    " (SELECT 1 FROM reminder r WHERE r.ticket_id = t.id AND r.gathered_at IS NOT NULL AND (r.promise_id = p.id OR"
    " (p.kind = 'revisit' AND r.level = 'escalated' AND r.at >= p.opened_at)))"
)


@dataclass
class Case:
    """A ticket as the test plays it: what its agent still means to do, and how its customer is."""

    ticket_id: int
    customer: str
    english: bool
    agent: str
    script: list[str]
    slow: float = 1.0  # times the usual time
    awaited: datetime | None = None  # the agent's next look at it
    rated: set[int] = field(default_factory=set)


class Folk:
    """Everybody who is not mailbot."""

    def __init__(self, shop: Shop, letters: Letters) -> None:
        self.shop, self.letters, self.rng = shop, letters, shop.rng
        self.cases: dict[int, Case] = {}
        self._mails = 0
        shop.delivered, shop.uncertain = self.got, self.unsure

    # ---- mails in ----

    def writes_first(self, customer: str, sort: Sort, received_at: datetime) -> None:
        """A customer with a new problem; `received_at`: when it lay in the mailbox."""
        ticket_id = self._post(customer, sort, received_at, None)
        agent = self.rng.choice(AGENTS)
        case = Case(ticket_id, customer, sort.understood.language == "en", agent, self._script(sort), self._pace())
        self.cases[ticket_id] = case
        self._look_at(case, self._reaction(case, sort.understood.triage.priority == "urgent"))
        if self.rng.random() < 0.08:
            self._later(case, "supplement", self.rng.uniform(0.2, 20))

    def writes_again(self, case: Case, what: str, received_at: datetime) -> None:
        letters = self.letters.more[what]
        kind = [each for each in letters if (each.understood.language == "en") == case.english] or list(letters)
        self._post(case.customer, self.rng.choice(kind), received_at, case.ticket_id)
        if self.shop.see("SELECT 1 FROM ticket WHERE id = ? AND state NOT IN ('resolved', 'closed')", case.ticket_id):
            case.script = case.script or self.rng.choice((["resolve"], ["plan", "resolve"], ["news", "resolve"]))
            self._look_at(case, self._reaction(case))

    def _post(self, customer: str, sort: Sort, received_at: datetime, into: int | None) -> int:
        self._mails += 1
        content, understood = sort.by(customer, self._mails)
        fresh = into is None and self.rng.random() < 0.8
        owner = self.rng.choice(AGENTS) if fresh else None
        letter = Incoming(self._mails, content, understood, customer, received_at, into, owner)
        mail_id, decision = self.shop.program.take_in(letter)
        assert decision.refused is None
        assert decision.ticket.id is not None
        wants = any(each.what in WANTS_AN_ANSWER for each in decision.journal)
        now = self.shop.time.now()
        self.shop.record.mails.append(Came(mail_id, decision.ticket.id, received_at, now, wants))
        self.shop.told_of_urgent()
        return decision.ticket.id

    # ---- agents ----

    def _script(self, sort: Sort) -> list[str]:
        """What the agent means to do about it, before each draft that waits."""
        category, topic = sort.understood.triage.category, sort.understood.triage.topic
        if topic == "spam":
            return ["dismiss"]
        if topic == "suggestion":
            return ["answer", "resolve", "adopt"]
        if category == "enquiry":
            return self.rng.choice(
                (["answer", "resolve"], ["answer", "resolve"], ["take", "answer", "news", "resolve"])
            )
        steps = ["take"] if self.rng.random() < 0.5 else []
        steps += self.rng.choice((["answer"], ["answer"], ["answer", "material"], ["plan", "answer"], []))
        for what, chance in (("transfer", 0.15), ("news", 0.3), ("delay", 0.03), ("escalate", 0.03), ("assign", 0.05)):
            steps += [what] if self.rng.random() < chance else []
        return [*steps, "done", "resolve"] if "transfer" in steps else [*steps, "resolve"]

    def _pace(self) -> float:
        """Most in time, some late, a few not before the next day or the one after."""
        luck = self.rng.random()
        return 1.0 if luck < 0.82 else 6.0 if luck < 0.94 else 20.0

    def _reaction(self, case: Case, urgent: bool = False) -> datetime:
        now = self.shop.time.now()
        minutes = self.rng.expovariate(1 / 30) * case.slow + 3
        if urgent and self.rng.random() < 0.6:
            return now + timedelta(minutes=self.rng.uniform(5, 50))  # somebody is on call
        return self.shop.hours.add_working(now, timedelta(minutes=min(minutes, 3000)))

    def _look_at(self, case: Case, moment: datetime) -> None:
        if case.awaited is None or moment < case.awaited:
            case.awaited = moment
            self.shop.at(moment, lambda: self._visit(case, moment))

    def _visit(self, case: Case, planned: datetime) -> None:
        if case.awaited != planned:
            return  # an earlier look has taken its place
        case.awaited = None  # at once: a cut of the program may break this look off
        ((state,),) = self.shop.see("SELECT state FROM ticket WHERE id = ?", case.ticket_id)
        waits = self.shop.see(
            "SELECT id, blocked FROM draft WHERE ticket_id = ? AND state = 'open' AND kind = 'reply' ORDER BY id DESC",
            case.ticket_id,
        )
        begins = case.script[:1]
        if waits and begins not in (["take"], ["plan"], ["resolve"]):
            self._answer(case, *waits[0])
            if begins == ["answer"]:
                case.script.pop(0)
        elif begins and (state not in ("resolved", "closed") or begins == ["adopt"]):
            done = ACTS[begins[0]](self, case)
            if done and case.script[:1] == begins:
                case.script.pop(0)
        elif waits:
            self._answer(case, *waits[0])
        if case.script or len(waits) > 1 or state not in ("resolved", "closed"):
            case.script = case.script or ["resolve"]
            if state in ("resolved", "closed") and case.script == ["resolve"]:
                case.script = []
                if not self._drafts(case):
                    return
            self._look_at(case, self._next_look(case))

    def _drafts(self, case: Case) -> list[Any]:
        return self.shop.see(
            "SELECT id FROM draft WHERE ticket_id = ? AND state = 'open' AND kind = 'reply'", case.ticket_id
        )

    def _next_look(self, case: Case) -> datetime:
        hours = {"answer": 0.1, "resolve": 4.0, "done": 6.0, "news": 2.0, "adopt": 20.0}.get(
            case.script[0] if case.script else "", 0.4
        )
        return self.shop.hours.add_working(
            self.shop.time.now(), timedelta(hours=self.rng.uniform(0.3, 2.0) * hours, minutes=1)
        )

    def _do(self, case: Case, event: Event) -> bool:
        return self.shop.program.handle(case.ticket_id, event).refused is None

    def _answer(self, case: Case, draft_id: int, blocked: bool) -> None:
        if blocked or self.rng.random() < 0.05:
            words = (
                "Hello, we are looking into it and will write to you." if case.english else "您好,已为您核实,请放心。"
            )
            if self.rng.random() < 0.5:
                words += " We will call you within 24 hours." if case.english else "工程师会在24小时内联系您。"
            self._do(case, DraftWritten(case.agent, "Re: your case", words, draft_id=draft_id))
        self._do(case, DraftApproved(case.agent, draft_id))

    def _take(self, case: Case) -> bool:
        return self._do(case, Taken(case.agent)) or True

    def _write_own(self, case: Case) -> bool:
        """No draft waits: words of their own, if an answer is owed at all."""
        if self.shop.see(
            "SELECT 1 FROM promise WHERE ticket_id = ? AND state = 'open' AND kind = 'answer'", case.ticket_id
        ):
            words = (
                "Hello, this has been taken care of." if case.english else "您好,您的问题已为您核实处理,感谢您的耐心。"
            )
            self._do(case, DraftWritten(case.agent, "Re: your case", words))
            return False
        return True

    def _plan(self, case: Case) -> bool:
        ready = self.shop.hours.add_working_days(self.shop.time.now(), 2) if self.rng.random() < 0.4 else None
        return self._do(case, Planned(case.agent, "更换主板并上门测试", ready)) or True

    def _news(self, case: Case) -> bool:
        return self._do(case, Noted(case.agent, self.rng.choice(NEWS), True)) or True

    def _transfer(self, case: Case) -> bool:
        where = self.rng.choice(DEPARTMENTS)
        return self._do(case, Transferred(case.agent, where, self.rng.choice(TASKS), "赵工程师")) or True

    def _task_done(self, case: Case) -> bool:
        """The department answers, in time or late; once in a while the agent has to wait longer."""
        tasks = self.shop.see(
            "SELECT id FROM promise WHERE ticket_id = ? AND state = 'open' AND kind = 'department'", case.ticket_id
        )
        if not tasks or self.rng.random() < 0.5:
            return not tasks
        self._do(case, TaskDone("zhao", tasks[0][0], "已检测,需要更换配件"))
        return len(tasks) == 1

    def _delay(self, case: Case) -> bool:
        later = self.shop.hours.add_working_days(self.shop.time.now(), 3)
        return self._do(case, Delayed(case.agent, "配件缺货", later)) or True

    def _material(self, case: Case) -> bool:
        return self._do(case, MaterialWanted(case.agent, ("order_number", "photo"))) or True

    def _escalate(self, case: Case) -> bool:
        return self._do(case, Escalated(case.agent, "需要主管协调")) or True

    def _assign(self, case: Case) -> bool:
        to = self.rng.choice(AGENTS)
        self._do(case, Assigned(case.agent, to))
        case.agent = to
        return True

    def _adopt(self, case: Case) -> bool:
        return self._do(case, Adopted(case.agent, "说明书改用大字体", "五月")) or True

    def _dismiss(self, case: Case) -> bool:
        if not self._do(case, Closed(case.agent, "广告")):
            case.script = ["answer", "resolve"]
        return True

    def _resolve(self, case: Case) -> bool:
        for promise_id, kind in self.shop.see(
            "SELECT id, kind FROM promise WHERE ticket_id = ? AND state = 'open' AND kind IN ('department', 'pledge')",
            case.ticket_id,
        ):
            if kind == "department":
                self._do(case, TaskDone(case.agent, promise_id, "已完成"))
            else:
                self._do(case, PromiseEnded(case.agent, promise_id, True))
        solved = Resolved(case.agent, "已更换主板,试机正常", self.rng.choice(SIDES), "客户确认试机正常")
        now = self.shop.time.now()
        ((category, topic),) = self.shop.see("SELECT category, topic FROM ticket WHERE id = ?", case.ticket_id)
        self.shop.record.case_at[case.ticket_id, int(now.timestamp())] = (category, topic)  # before a cut can come
        if not self._do(case, solved):
            del self.shop.record.case_at[case.ticket_id, int(now.timestamp())]
            return False
        case.script = [each for each in case.script if each == "adopt"]
        for (draft_id,) in self._drafts(case):
            if self.rng.random() < 0.5:  # the others wait until somebody looks again
                self._do(case, DraftApproved(case.agent, draft_id))
            elif self.rng.random() < 0.2:
                self._do(case, DraftRejected(case.agent, draft_id, "已电话说明"))
        return True

    # ---- what agents do because mailbot told them ----

    def morning_round(self) -> None:
        """Whoever was told by mail of a promise or a revisit that is theirs to end by hand mostly sees to it."""
        now = self.shop.time.now()
        if not self.shop.hours.is_open(now):
            return
        for promise_id, ticket_id, kind in self.shop.see(TOLD_OF):
            if self.rng.random() < 0.8:
                when = now + timedelta(minutes=self.rng.uniform(1, 80))
                self.shop.at(when, lambda t=ticket_id, p=promise_id, k=kind: self._end(t, p, k))  # type: ignore[misc]

    def _end(self, ticket_id: int, promise_id: int, kind: str) -> None:
        if self.shop.see("SELECT 1 FROM promise WHERE id = ? AND state = 'open'", promise_id):
            said = "电话回访:客户说已经修好" if kind == "revisit" else "已电话联系客户"
            self._do(self.cases[ticket_id], PromiseEnded(self.cases[ticket_id].agent, promise_id, True, said))

    # ---- customers ----

    def got(self, outbox_id: int) -> None:
        """A mail of ours is in a customer's mailbox: what do they do about it?"""
        found = self.shop.see(
            "SELECT o.ticket_id, o.kind, o.asks, d.template FROM outbox o JOIN draft d ON d.id = o.draft_id WHERE o.id = ?",
            outbox_id,
        )
        if not found:
            return  # a reminder to one of us
        ticket_id, kind, asks, template = found[0]
        case, luck = self.cases[ticket_id], self.rng.random()
        if template in ("revisit_invitation", "revisit_reminder"):
            self._invited(case, luck if template == "revisit_invitation" else 0.5 + luck / 2)
        elif template == "closing" and luck < 0.1:
            self._later(case, "thanks" if luck < 0.08 else "broken_again", self.rng.uniform(0.5, 30))
        elif kind == "reply" and asks:
            if luck < 0.7:
                self._later(case, "supplement", self.rng.expovariate(1 / 20))
        elif kind in ("progress", "holding") and luck < 0.05:
            self._later(case, "chase" if luck < 0.04 else "robot", self.rng.uniform(0.02, 10))

    def _invited(self, case: Case, luck: float) -> None:
        hours = self.rng.expovariate(1 / 14) + 0.1
        if luck < 0.28:
            score = self.rng.choice((5, 5, 5, 4, 4, 3, 2, 1))
            when = self.shop.time.now() + timedelta(hours=hours)
            self.shop.at(when, lambda: self._rates(case, score))
        elif luck < 0.31:
            self.shop.at(self.shop.time.now() + timedelta(hours=hours), lambda: self._stops(case))
        elif luck < 0.62:
            kinds = ("good", "good", "good", "fair", "bad", "good_and_asks", "broken_again", "thanks", "stop", "robot")
            self._later(case, self.rng.choice(kinds), hours)

    def _rates(self, case: Case, score: int) -> None:
        ((resolved_at,),) = self.shop.see("SELECT resolved_at FROM ticket WHERE id = ?", case.ticket_id)
        if resolved_at is None:
            return  # the page says that the case is open again
        round_ = int(datetime.fromisoformat(f"{resolved_at}+00:00").timestamp())
        self._do(case, Rated(score, "师傅很专业" if score > 2 else "还是有异响", "link", round_))
        if score <= 2:
            case.script = case.script or ["plan", "news", "resolve"]
            self._look_at(case, self._reaction(case))

    def _stops(self, case: Case) -> None:
        self._do(case, OptedOut("link"))

    def _later(self, case: Case, what: str, hours: float) -> None:
        when = self.shop.time.now() + timedelta(hours=hours)
        self.shop.at(when, lambda: self.writes_again(case, what, when))

    def unsure(self, outbox_id: int) -> None:
        """A person finds out whether a mail that was cut off has arrived."""
        when = self.shop.hours.add_working(self.shop.time.now(), timedelta(minutes=self.rng.uniform(10, 240)))

        def ask() -> None:
            self.shop.program.settle(outbox_id, self.rng.random() < 0.7, "zhou")
            self.shop.untold = True

        self.shop.at(when, ask)


ACTS: dict[str, Callable[[Folk, Case], bool]] = {
    "take": Folk._take,
    "answer": Folk._write_own,
    "plan": Folk._plan,
    "news": Folk._news,
    "transfer": Folk._transfer,
    "done": Folk._task_done,
    "delay": Folk._delay,
    "material": Folk._material,
    "escalate": Folk._escalate,
    "assign": Folk._assign,
    "adopt": Folk._adopt,
    "dismiss": Folk._dismiss,
    "resolve": Folk._resolve,
}
