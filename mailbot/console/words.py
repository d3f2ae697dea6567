"""Every sentence of the console in Chinese and English. Agents' facts and reasons come from the core as they are."""

from __future__ import annotations

from collections.abc import Mapping

from mailbot.console.words_codes import CODE_WORDS
from mailbot.console.words_customer import CUSTOMER_WORDS
from mailbot.console.words_knowledge import KNOWLEDGE_WORDS
from mailbot.console.words_learned import LEARNED_WORDS
from mailbot.console.words_rating import RATING_WORDS
from mailbot.console.words_ticket import TICKET_WORDS

LANGUAGES = ("zh", "en")

WORDS: Mapping[str, tuple[str, str]] = {
    **CODE_WORDS,
    **CUSTOMER_WORDS,
    **KNOWLEDGE_WORDS,
    **LEARNED_WORDS,
    **RATING_WORDS,
    **TICKET_WORDS,
    # the frame of every page
    "app": ("mailbot 客服台", "mailbot desk"),
    "skip": ("跳到正文", "Skip to content"),
    "nav": ("主导航", "Main"),
    "nav.queue": ("待审批", "To approve"),
    "nav.tickets": ("工单", "Tickets"),
    "nav.aside": ("搁置与异常", "Aside"),
    "nav.reminders": ("提醒", "Reminders"),
    "nav.waiting": ("待发 {n} 条", "{n} waiting"),
    "calendar.this": (
        "日历里还没有 {year} 年的放假安排，调休未知，时限暂按普通周末计算；请升级日历。",
        "The holidays of {year} are not in the calendar; limits count plain weekends. Upgrade the calendar.",
    ),
    "calendar.next": (
        "{year} 年的放假安排尚未公布，跨年的时限暂按普通周末计算；公布后请升级日历。",
        "The holidays of {year} are not published; limits beyond New Year count plain weekends until they are.",
    ),
    "nav.account": ("账号与语言", "Account and language"),
    "log_out": ("退出", "Log out"),
    "other_language": ("English", "中文"),
    "keys": ("快捷键", "Keyboard"),
    "keys.move": ("下一条 / 上一条", "next / previous"),
    "keys.open": ("打开所选", "open the selected one"),
    "keys.edit": ("编辑草稿", "edit the draft"),
    "keys.approve": ("批准并发送", "approve and send"),
    "keys.queue": ("回到待审批", "back to the queue"),
    "keys.help": ("显示这份清单", "show this list"),
    "close": ("关闭", "Close"),
    # log in
    "login": ("登录", "Log in"),
    "login.name": ("账号", "Name"),
    "login.password": ("密码", "Password"),
    "login.refused": (
        "账号或密码不正确。连续多次失败后会暂停登录，请过一会儿再试。",
        "Name or password is wrong. After several failures in a row, wait a while before you try again.",
    ),
    "login.expired": (
        "登录已过期，刚才的操作没有执行。请重新登录。",
        "Your session has ended and nothing was done. Log in again.",
    ),
    "kept": ("您刚才输入的内容，请先复制保存", "What you had typed; copy it first"),
    "login.for_agents": ("仅限客服人员使用", "For support staff"),
    # the queue and the lists
    "queue": ("待审批的回复", "Replies to approve"),
    "queue.empty": ("没有等待审批的回复。", "No reply is waiting for approval."),
    "queue.empty_more": ("有新来信时，刷新本页即可看到。", "Reload this page to see new ones."),
    "strip": ("概况", "Summary"),
    "strip.drafts": ("待审批", "To approve"),
    "strip.overdue": ("已超时", "Overdue"),
    "strip.open": ("未结工单", "Open tickets"),
    "strip.aside": ("搁置", "Set aside"),
    "strip.uncertain": ("待确认发送", "Uncertain sends"),
    "col.due": ("时限", "Due"),
    "col.kind": ("等级与类别", "Priority, topic"),
    "col.what": ("主题与来信", "Subject and words"),
    "col.who": ("客户", "Customer"),
    "col.state": ("进度", "State"),
    "due.none": ("无时限", "nothing due"),
    "due.why": ("时限说明", "Why then"),
    "blocks": ("{n} 项须解决", "{n} to solve"),
    "warns": ("{n} 项提醒", "{n} warnings"),
    "assisted": ("含起草建议", "Suggested words"),
    "tickets": ("工单", "Tickets"),
    "tickets.empty": ("没有符合条件的工单。", "No ticket matches."),
    "search": ("搜索", "Search"),
    "search.hint": ("来信内容、客户、工单号或订单号", "Words, customer, ticket or order number"),
    "search.empty": ("没有找到含有“{words}”的来信。", "No mail has “{words}” in it."),
    "search.narrowed": ("另有筛选条件，可能因此没有显示。", "Other filters are on; they may be why."),
    "search.everything": ("清除搜索", "Clear the search"),
    "search.older": ("更早的来信", "Older mails"),
    "filter": ("筛选", "Filter"),
    "filter.states": ("处理进度", "State"),
    "filter.owner": ("负责人", "Owner"),
    "filter.open": ("未结", "Open"),
    "filter.all": ("全部", "All"),
    "filter.anybody": ("所有人", "Anybody"),
    "filter.apply": ("应用", "Apply"),
    "filter.quick": ("常用", "Quick"),
    "filter.waiting": ("轮到谁", "Whose turn"),
    "filter.anyone": ("不限", "Any"),
    "filter.department": ("部门", "Department"),
    "filter.due": ("时限", "Due"),
    "filter.overdue": ("已超时", "Overdue"),
    "filter.today": ("今天到期", "Due today"),
    "filter.mine": ("我的工单", "Mine"),
    "filter.customer": ("等待客户", "Waiting for customer"),
    "no_news": ("今天未写进展", "no news yet today"),
    # what agents are to be told
    "reminders": ("提醒", "Reminders"),
    "reminders.hint": (
        "系统会把同一个人的提醒合成一封邮件，只在上班时间发出；紧急的随时发出。",
        "One mail gathers what somebody is to be told, in working hours; what is urgent goes at once.",
    ),
    "reminders.none": ("最近没有提醒。", "There are no reminders."),
    "reminders.supervisors": ("主管", "Supervisors"),
    "reminders.mine": ("给我的", "for me"),
    "reminders.waiting": ("待发", "Waiting"),
    "reminders.recent": ("最近发出", "Sent lately"),
    "reminders.sent": ("{at} 发出", "sent {at}"),
    "shown_of": ("显示前 {n} 条", "The first {n} are shown"),
    "nobody": ("未领取", "no owner"),
    "health.trouble": ("{name} 出错：{error}", "{name} reports: {error}"),
    # the ticket
    "ticket": ("工单", "Ticket"),
    "ticket.thread": ("往来", "Conversation"),
    "ticket.desk": ("回复", "Reply"),
    "ticket.side": ("资料", "Facts"),
    "ticket.no_subject": ("（无主题）", "(no subject)"),
    "ticket.opened": ("建单", "Opened"),
    "ticket.mailbox": ("邮箱", "Mailbox"),
    "ticket.jump": ("看草稿", "To the draft"),
    "ticket.next": ("下一份待审批", "Next to approve"),
    "mail.from": ("客户来信", "From the customer"),
    "mail.other": ("来信（非工单客户）", "From somebody else"),
    "mail.quoted": ("引用的历史内容", "Quoted history"),
    "mail.signature": ("签名", "Signature"),
    "mail.html": ("原始排版", "As laid out"),
    "mail.html_title": ("邮件的原始排版", "The mail as laid out"),
    "mail.raw": ("下载原信", "Download .eml"),
    "mail.attachments": ("附件", "Attachments"),
    "mail.cut": ("邮件过长，此处只显示开头，全文请下载原信。", "Long mail, cut here. Download it for the rest."),
    "mail.no_words": ("（没有文字）", "(no words)"),
    "mail.move": ("移动这封邮件", "Move this mail"),
    "mail.move_to": ("目标工单号", "To ticket number"),
    "mail.move_do": ("移动", "Move"),
    "mail.move_new": ("另建新工单", "Make a new ticket"),
    "sent.by": ("由 {who} 批准", "approved by {who}"),
    "sent.to": ("发往 {who}", "to {who}"),
    "sent.bounced": ("未送达：{who}", "Not delivered: {who}"),
    "sent.settle": ("去确认", "Settle"),
    "system": ("系统", "System"),
    "draft.none": ("没有待审批的草稿。", "No draft is waiting."),
    "draft.to": ("收件人", "To"),
    "draft.to_differs": (
        "收件人与工单客户 {customer} 不同，请核对后再批准。",
        "This is not the ticket's customer {customer}. Check before you approve.",
    ),
    "draft.subject": ("邮件主题", "Subject"),
    "draft.text": ("正文", "Text"),
    "draft.signature": ("批准后自动附上的签名", "Signature added on approval"),
    "draft.assisted": ("由起草助手建议，请核对", "Suggested by the drafting help, please check"),
    "draft.block": ("须解决", "Must be solved"),
    "draft.warn": ("请留意", "Look twice"),
    "draft.block_more": ("修改后保存，会重新审核。", "Change the text and save; it is reviewed again."),
    "draft.override_open": ("仍要发送", "Send all the same"),
    "draft.override_why": ("放行原因（必填，记入日志）", "Why (needed; it is recorded)"),
    "draft.override": ("确认放行并发送", "Override and send"),
    "draft.override_hint": (
        "由主管负责：草稿按现在的内容发出，审核意见和原因会留下记录。",
        "On your word as a supervisor: it goes out as it stands; findings and reason are kept.",
    ),
    "draft.override_final": ("这样的问题主管也不能放行。", "No supervisor can let this pass."),
    "draft.approve": ("批准并发送", "Approve and send"),
    "draft.save": ("保存修改", "Save"),
    "draft.reject": ("退回", "Reject"),
    "draft.reject_open": ("退回这份草稿", "Reject this draft"),
    "draft.reason": ("退回原因（选填）", "Reason (optional)"),
    "draft.by": ("{who} 撰写", "by {who}"),
    "draft.now": ("现在的内容", "What it says now"),
    "draft.yours": ("您刚才输入的内容保留在下面。", "What you typed is kept below."),
    "reply.new": ("撰写新回复", "Write a reply"),
    "reply.replaces": ("会取代现有的回复草稿。", "It takes the place of the open reply draft."),
    "reply.do": ("存为草稿", "Save as draft"),
    "facts": ("识别到的资料", "Facts found"),
    "facts.none": ("没有识别到资料。", "Nothing was found."),
    "missing": ("还缺少", "Still missing"),
    "reasons": ("类别与等级的依据", "Why this category and priority"),
    "confidence": ("把握 {n}%", "{n}% sure"),
    "links": ("可能相关的工单", "Possibly related"),
    "links.join": ("并入该工单", "Join it"),
    "links.join_hint": ("本工单的邮件会全部移到 {number}", "All mails of this ticket move to {number}"),
    "journal": ("处理记录", "Journal"),
    # aside
    "aside": ("搁置与异常", "Set aside and uncertain"),
    "aside.uncertain": ("是否送达不明的回复", "Sends whose end is not known"),
    "aside.uncertain_hint": (
        "发送时连接中断，不会自动重发。请先在邮箱的已发送文件夹或向客户核实，再选择。",
        "The line broke while sending; nothing is sent again by itself. Check first, then choose.",
    ),
    "aside.delivered": ("已送达", "It arrived"),
    "aside.again": ("重新发送", "Send again"),
    "aside.failed": ("发送失败的回复", "Failed sends"),
    "aside.failed_hint": (
        "正文已退回为草稿，请在工单中处理。",
        "The words went back as a draft; go on in the ticket.",
    ),
    "aside.mails": ("处理失败而搁置的邮件", "Mails set aside"),
    "aside.mails_hint": (
        "三次处理均未成功，原信完整保留。",
        "They failed three times; the original is kept whole.",
    ),
    "aside.held": ("未建工单的邮件", "Mails without a ticket"),
    "aside.held_hint": (
        "判断为自动邮件或群发邮件，没有回复。若其实是客户来信，可转为客户来信。",
        "Taken for automatic or bulk mail and not answered. If a person wrote it, say so.",
    ),
    "aside.retry": ("重新处理", "Try again"),
    "aside.human": ("这是客户来信", "A person wrote this"),
    "aside.none": ("没有。", "None."),
    "aside.clear": ("一切正常，没有搁置的邮件，也没有待确认的发送。", "Nothing is set aside or uncertain."),
    # what was done, after a form
    "done.approved": ("已批准，正在发送。", "Approved and on its way."),
    "done.overridden": ("已放行，正在发送。", "Overridden and on its way."),
    "done.saved": ("修改已保存。", "Saved."),
    "done.rejected": ("草稿已退回。", "Rejected."),
    "done.written": ("已存为草稿，批准后才会发出。", "Saved as a draft; it goes out when approved."),
    "done.moved": ("邮件已移动。", "Mail moved."),
    "done.joined": ("已并入本工单。", "Joined to this ticket."),
    "done.retried": ("邮件会马上重新处理。", "The mail will be worked on again."),
    "done.settled": ("已记录。", "Recorded."),
    # refusals that the desk does not word
    "refused": ("没有执行", "Not done"),
    "refused.conflict": (
        "工单刚被他人修改，请看过最新内容后再试。",
        "Somebody else just changed the ticket. Look at it and try again.",
    ),
    "refused.saved_blocked": (
        "修改已保存，但还有必须先解决的审核意见，没有发出。",
        "Saved, but not sent: there are findings to solve first.",
    ),
    "refused.no_reason": ("请写明为什么仍要发送。", "Say why it is to go out all the same."),
    "refused.bad_time": ("时间填写有误，请重新选择。", "That is no valid time; choose it again."),
    "refused.bad_sum": ("金额请填整数，单位是元。", "Give the sum in whole yuan."),
    "refused.no_time": ("请选择时间。", "Choose a time."),
    "refused.no_words": ("请写明另外承诺了什么。", "Say what else is promised."),
    "refused.times_changed": (
        "修改已保存。文字里承诺的时间变了，请核对下面的时间再继续。",
        "Saved. The words promise other times now: check them below before you go on.",
    ),
    "refused.too_long": ("内容太长，请缩短后再试。", "This is too long; shorten it."),
    "refused.no_number": ("请填写目标工单号。", "Give the ticket's number."),
    "refused.settled": ("这次发送已经有结果了。", "This send is settled already."),
    "refused.retried": ("这封邮件已在处理。", "This mail is being worked on."),
    # errors
    "error.back": ("回到待审批", "Back to the queue"),
    "error.404": ("没有这个页面", "No such page"),
    "error.404_more": ("地址有误，或内容已不存在。", "The address is wrong, or what it named is gone."),
    "error.403": ("不能这样做", "Not allowed"),
    "error.403_more": (
        "表单已过期或来源不对，没有执行任何操作。请返回上一页，刷新后再试。",
        "The form is out of date or came from elsewhere; nothing was done. Go back, reload and try again.",
    ),
    "error.403_right": ("您的角色没有这项权限。", "Your role does not allow this."),
    "error.405": ("不支持这种请求", "Method not allowed"),
    "error.405_more": ("请使用页面上的按钮。", "Use the buttons of the page."),
    "error.400": ("请求有误", "Bad request"),
    "error.400_more": ("表单内容不完整，请返回重试。", "The form is not complete; go back and try again."),
    "error.409": ("没有执行", "Not done"),
    "error.500": ("程序出错", "Something broke"),
    "error.500_more": (
        "问题已记入日志，什么都没有丢失。请稍后重试。",
        "It is in the log and nothing is lost. Try again later.",
    ),
}


class Words:
    """The catalogue in one language: `t("queue")`, `t("blocks", n=2)`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._column = LANGUAGES.index(language)

    def __call__(self, key: str, **values: object) -> str:
        text = WORDS[key][self._column]
        return text.format(**values) if values else text

    def code(self, group: str, code: str) -> str:
        """The word for a code of the core; an unknown code stands for itself."""
        found = WORDS.get(f"{group}.{code}")
        return found[self._column] if found else code


def choose(asked: str | None, cookie: str | None, accept: str) -> str:
    """?lang= before the cookie before what the browser prefers; Chinese when nothing fits."""
    for wish in (asked, cookie):
        if wish in LANGUAGES:
            return wish
    for part in accept.split(",")[:10]:
        wish = part.partition(";")[0].strip()[:2].lower()
        if wish in LANGUAGES:
            return wish
    return "zh"
