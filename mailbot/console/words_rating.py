"""Every sentence of the customer's rating page, in Chinese and English; words.py takes them in."""

from __future__ import annotations

from collections.abc import Mapping

RATING_WORDS: Mapping[str, tuple[str, str]] = {
    "rate": ("服务评价", "Rate our service"),
    "rate.ask": (
        "您好，您反馈的问题已解决，请问您对处理过程和结果是否满意？",
        "Hello, the problem you reported has been solved. Are you satisfied with how we handled it and with the "
        "result?",
    ),
    "rate.matter": ("您反馈的问题", "Your request"),
    "rate.number": ("工单号", "Ticket"),
    "rate.choose": ("您的满意程度", "How satisfied are you?"),
    "rate.reason": ("原因或建议", "Reason or suggestion"),
    "rate.optional": ("（选填）", " (optional)"),
    "rate.required": ("（请填写原因）", " (please give a reason)"),
    "rate.submit": ("提交评价", "Submit"),
    "rate.need_score": ("请先选择满意程度，再提交。", "Choose how satisfied you are, then submit."),
    "rate.need_reason": (
        "很抱歉没有让您满意。请写下原因，例如问题还在、等待太久，我们会据此重新处理。",
        "We are sorry. Please tell us why, for instance that the problem is still there or that it took too long, "
        "so that we can put it right.",
    ),
    "rate.again": (
        "刚才没有提交成功，可能是页面打开太久，或浏览器没有保存 Cookie。您填写的内容还在，请再提交一次。",
        "That was not submitted: the page was open too long, or your browser keeps no cookies. "
        "Nothing you entered is lost; please submit once more.",
    ),
    "rate.satisfied": ("感谢您的评价", "Thank you for your rating"),
    "rate.satisfied_more": (
        "很高兴这次的服务让您满意，我们会转达给为您服务的同事。",
        "We are glad that you are satisfied and will tell the colleagues who served you.",
    ),
    "rate.neutral": ("感谢您的评价", "Thank you for your rating"),
    "rate.neutral_more": (
        "您的评价已如实记录，我们会继续改进服务。",
        "Your rating is on record as you gave it, and we will keep improving.",
    ),
    "rate.dissatisfied": ("很抱歉没有让您满意", "We are sorry that you are not satisfied"),
    "rate.dissatisfied_more": (
        "感谢您如实告诉我们。您的评价和原因已经记录，这件事已重新打开。负责的同事{day}会重新查看处理经过并跟进，"
        "不需要您从头说明。",
        "Thank you for telling us frankly. Your rating and your reason are on record, and the matter is open again. "
        "The colleague in charge will go through it again {day} and follow it up; you need not explain it all again.",
    ),
    "rate.today": ("今天", "today"),
    "rate.on_day": ("在 {day} 上班后", "on {day}"),
    "rate.said": ("您写下的意见已记录，并会转给相关同事。", "What you wrote is on record and passed on."),
    "rate.hotline": (
        "想直接沟通，请拨打客服热线 {hotline}，并报工单号。",
        "To talk to us, call {hotline} and give the ticket number.",
    ),
    "rate.used": ("您已经评价过了", "You have rated already"),
    "rate.used_more": (
        "您的评价是“{name}”，已经记录，谢谢！如果还有想说的，请直接回复我们的邮件。",
        "Your rating “{name}” is on record, thank you. If there is more to say, simply reply to our mail.",
    ),
    "rate.ended": ("这份评价已经结束", "This invitation has ended"),
    "rate.ended_more": (
        "您反馈的问题后来有了新的进展，这个链接不再适用。如果问题还没有解决，请直接回复我们的邮件。",
        "There has been news about your request since, so this link is no longer valid. "
        "If the problem is not solved, simply reply to our mail.",
    ),
    "rate.expired": ("评价时间已过", "The time to rate has passed"),
    "rate.expired_more": (
        "这个链接在问题解决后的 30 天内有效。如果还有想说的，请直接回复我们的邮件，我们会看到并处理。",
        "This link is valid for 30 days after the problem was solved. If there is something to say, "
        "simply reply to our mail; we will read it.",
    ),
    "rate.missing": ("没有找到这个页面", "This page does not exist"),
    "rate.missing_more": (
        "链接可能不完整。请在邮件里重新点开完整的链接，或直接回复我们的邮件。",
        "The link may be incomplete. Open the whole link from our mail again, or simply reply to that mail.",
    ),
    "rate.trouble": ("没有提交成功", "That did not work"),
    "rate.trouble_more": (
        "请稍后从邮件里重新打开链接再试，或直接回复我们的邮件，我们同样会记录。",
        "Open the link from our mail again in a while, or simply reply to that mail; we will record it all the same.",
    ),
    "rate.stop_link": ("不想再收到回访邮件", "No more mails like this"),
    "rate.stop": ("不再接收回访邮件？", "Stop these mails?"),
    "rate.stop_more": (
        "确认后，我们不再向您发送满意度回访邮件。您的来信照常受理，处理进展也会照常告诉您。",
        "We will send you no more mails that ask how satisfied you are. "
        "We go on answering your mails and telling you how your requests proceed.",
    ),
    "rate.stop_do": ("确认不再接收", "Yes, stop them"),
    "rate.stop_back": ("返回评价", "Back to the rating"),
    "rate.stopped": ("已为您停止回访邮件", "These mails are stopped"),
    "rate.stopped_more": (
        "我们不会再向您发送满意度回访邮件。需要帮助时，随时来信。",
        "We will not ask how satisfied you are again. Write to us whenever you need help.",
    ),
}  # fmt: skip
