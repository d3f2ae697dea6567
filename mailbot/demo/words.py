"""What the demo's pages say, in Chinese and English."""

from __future__ import annotations

from collections.abc import Callable, Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "demo": ("演示", "Demo"),
    "desk": ("客服台", "Desk"),
    "customers": ("客户页", "Customers"),
    "clock": ("时钟", "Clock"),
    "title": ("客户的邮箱", "The customers' mail"),
    "hint": (
        "您在这里扮演客户：写信给客服，几秒后它会出现在客服台；客服批准后，回信会回到下面的收件箱。",
        "Here you are the customer. Write to support, find the mail on the desk a moment later, approve the "
        "draft there, and the answer arrives in the inbox below.",
    ),
    "who": ("您是", "You are"),
    "somebody": ("换一位…", "somebody else…"),
    "colleagues": ("同事的邮箱（提醒信寄到这里）", "Colleagues' mailboxes, where reminders arrive"),
    "examples": ("一键寄出一封示例邮件", "Send an example in one click"),
    "example.smoke": ("产品冒烟", "Smoke"),
    "example.angry": ("愤怒投诉", "Angry complaint"),
    "example.enquiry": ("咨询", "Enquiry"),
    "example.english": ("英文来信", "In English"),
    "example.auto_reply": ("自动回复", "Auto-reply"),
    "example.newsletter": ("广告邮件", "Newsletter"),
    "write": ("写信", "Write a mail"),
    "name": ("姓名", "Name"),
    "address": ("邮箱地址", "Address"),
    "subject": ("主题", "Subject"),
    "text": ("正文", "Text"),
    "send": ("发送给客服", "Send to support"),
    "sent": ("已寄出。稍候片刻，到客服台查看。", "Sent. It shows up on the desk in a moment."),
    "inbox": ("收件箱", "Inbox"),
    "inbox.empty": ("还没有收到邮件。", "Nothing here yet."),
    "refresh": ("刷新", "Refresh"),
    "back": ("返回收件箱", "Back to the inbox"),
    "reply": ("回复这封邮件", "Answer this mail"),
    "reply.hint": (
        "写在最上面，或像许多客户那样，直接写在引文的行与行之间。",
        "Write at the top or, as many customers do, between the quoted lines.",
    ),
    "html": ("看邮件的 HTML 版", "See it as HTML"),
    "style": ("引文样式", "Quoted as by"),
    "to": ("收件人", "To"),
    "wrong.address": (
        "请填写以 .example 结尾的地址，例如 li.ming@mail.example。",
        "Use an address that ends in .example, such as li.ming@mail.example.",
    ),
    "wrong.text": ("请写点内容再发送。", "Write something first."),
    "clock.title": ("拨动时钟", "Move the clock"),
    "clock.now": ("演示中的时间", "The time in this demo"),
    "clock.hint": (
        "向前拨动，看看哪些时限到期、系统做了什么。途中每件事都在它自己的时间发生，时钟只能向前。",
        "Move on and see what falls due and what mailbot does. On the way everything happens at its own time; "
        "the clock only goes forward.",
    ),
    "clock.evening": ("到 17:00", "To 17:00"),
    "clock.morning": ("到下一个工作日开门", "To the next working day's opening"),
    "clock.days": ("到三个工作日之后", "Three working days on"),
    "clock.travel": ("正在一步步走到", "Step by step to"),
    "clock.happened": ("拨动之后发生的事", "What happened since"),
    "clock.nothing": ("暂时没有时限到期。", "Nothing has fallen due yet."),
    "clock.next": ("接下来到期的时限", "What falls due next"),
    "clock.none": ("没有未了的时限。", "Nothing is owed."),
}


def speaker(language: str) -> Callable[[str], str]:
    """The words of one language by their key."""
    column = 0 if language == "zh" else 1
    return lambda key: WORDS[key][column]
